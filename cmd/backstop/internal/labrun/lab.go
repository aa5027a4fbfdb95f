// Package labrun is `backstop lab`: it builds the programs of module lab with each
// toolchain, lets them die in bounded ways, and writes down what it saw.
//
// Start with [Open] and [Lab.Matrix]. What is measured is kept, so that only what
// is new is run again. Nothing is known beforehand but what the scenarios
// declare: where a toolchain, a compiler, root or a cgroup is missing, a row says
// that it was not run, and why.
package labrun

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
)

// Options say where and how the lab works. The zero value works.
type Options struct {
	Dir   string // its cache; default: backstop/lab in the user's cache directory
	Jobs  int    // programs that run at once; default: four for each processor
	Fresh bool   // run again what is in the cache; builds are kept
	// Note is told what is being done, from any goroutine; default: nobody.
	Note func(what string)
}

// A Lab builds and runs.
type Lab struct {
	dir    string
	jobs   int
	fresh  bool
	note   func(string)
	builds chan struct{} // one slot for each build that may run
	heavy  chan struct{} // one slot for a program that takes a gigabyte

	mu   sync.Mutex
	done map[string]*task
}

// Open prepares a lab.
func Open(o Options) (*Lab, error) {
	if o.Dir == "" {
		cache, err := os.UserCacheDir()
		if err != nil {
			return nil, fmt.Errorf("find a place for the lab: %w", err)
		}
		o.Dir = filepath.Join(cache, "backstop", "lab")
	}
	dir, err := filepath.Abs(o.Dir)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("make a place for the lab: %w", err)
	}
	// Once, here: else each row would say that it could not be written.
	try, err := os.CreateTemp(dir, "try")
	if err != nil {
		return nil, fmt.Errorf("keep anything in the lab's directory: %w", err)
	}
	if err := errors.Join(try.Close(), os.Remove(try.Name())); err != nil {
		return nil, fmt.Errorf("keep anything in the lab's directory: %w", err)
	}
	if o.Jobs <= 0 {
		o.Jobs = 4 * runtime.NumCPU() // many only wait
	}
	if o.Note == nil {
		o.Note = func(string) {}
	}
	return &Lab{
		dir: dir, jobs: o.Jobs, fresh: o.Fresh, note: o.Note,
		builds: make(chan struct{}, max(1, runtime.NumCPU()/2)),
		heavy:  make(chan struct{}, 1),
		done:   make(map[string]*task),
	}, nil
}

// Dir is where the lab keeps what it built and measured.
func (l *Lab) Dir() string { return l.dir }

type task struct {
	once sync.Once
	err  error
}

// once does a piece of work one time for each name, whoever asks.
func (l *Lab) once(name string, work func() error) error {
	l.mu.Lock()
	t := l.done[name]
	if t == nil {
		t = new(task)
		l.done[name] = t
	}
	l.mu.Unlock()
	t.once.Do(func() { t.err = work() })
	return t.err
}

// launcher builds the program that starts the others, with the local toolchain.
func (l *Lab) launcher(ctx context.Context) (string, error) {
	key, err := sourceKey("launch", "bounded")
	if err != nil {
		return "", err
	}
	file := filepath.Join(l.dir, "bin", key, "launch")
	return file, l.once("launcher", func() error {
		if _, err := os.Stat(file); err == nil {
			return nil
		}
		src, err := l.Source("")
		if err != nil {
			return err
		}
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			return err
		}
		return aside(file, func(draft string) error {
			cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-o", draft, "./launch")
			cmd.Dir, cmd.Env = src, goEnv("local")
			if err := building(cmd); err != nil {
				return fmt.Errorf("build the launcher: %w", err)
			}
			return nil
		})
	})
}
