package labrun

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"

	"github.com/backstop-go/backstop/lab"
	"github.com/backstop-go/backstop/lab/scenario"
)

// sourceKeys keeps what sourceKey found: the sources cannot change.
var sourceKeys sync.Map

// sourceKey identifies the text of directories of the lab's module.
func sourceKey(dirs ...string) (string, error) {
	name := strings.Join(dirs, " ")
	if key, ok := sourceKeys.Load(name); ok {
		return key.(string), nil
	}
	h := sha256.New()
	for _, dir := range append([]string{"go.mod"}, dirs...) {
		err := fs.WalkDir(lab.Source, dir, func(name string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			text, err := lab.Source.ReadFile(name)
			fmt.Fprintf(h, "%s %d\n", name, len(text))
			h.Write(text)
			return err
		})
		if err != nil {
			return "", fmt.Errorf("read the lab's sources: %w", err)
		}
	}
	key := hex.EncodeToString(h.Sum(nil))[:16]
	sourceKeys.Store(name, key)
	return key, nil
}

var goLineForm = regexp.MustCompile(`^1\.[0-9]+(\.[0-9]+)?$`)

// Source writes the lab's module out, with a go line, and returns where it is.
func (l *Lab) Source(goLine string) (dir string, err error) {
	if goLine == "" {
		goLine = DefaultGoLine
	}
	if err := (Setting{GoLine: goLine}).Check(); err != nil {
		return "", err
	}
	key, err := sourceKey(".")
	if err != nil {
		return "", err
	}
	dir = filepath.Join(l.dir, "src", key+"-go"+goLine)
	return dir, l.once("source "+dir, func() error { return l.writeSource(dir, goLine) })
}

// writeSource lays the module out beside its place and then moves it there, so
// that nobody builds half of it.
func (l *Lab) writeSource(dir, goLine string) error {
	if _, err := os.Stat(dir); err == nil {
		return nil
	}
	parent := filepath.Dir(dir)
	if err := os.MkdirAll(parent, 0o755); err != nil {
		return err
	}
	draft, err := os.MkdirTemp(parent, "draft")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(draft) }()
	err = fs.WalkDir(lab.Source, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		to := filepath.Join(draft, filepath.FromSlash(name))
		if d.IsDir() {
			return os.MkdirAll(to, 0o755)
		}
		text, err := lab.Source.ReadFile(name)
		if err != nil {
			return err
		}
		if name == "go.mod" {
			text = goLineOf.ReplaceAll(text, []byte("go "+goLine))
		}
		return os.WriteFile(to, text, 0o644)
	})
	if err != nil {
		return fmt.Errorf("write the lab's sources: %w", err)
	}
	if err := os.Chmod(draft, 0o755); err != nil {
		return err
	}
	if err := os.Rename(draft, dir); err != nil && !errors.Is(err, fs.ErrExist) {
		if _, have := os.Stat(dir); have == nil {
			return nil // somebody else was faster
		}
		return err
	}
	return nil
}

var goLineOf = regexp.MustCompile(`(?m)^go [0-9.]+$`)

// A Built program is a file that can be started.
type Built struct {
	Program scenario.Program
	File    string
	Key     string // changes with its source, declaration, toolchain and go line
}

// Build makes a program with a toolchain, unless it is in the cache. An error
// says what the compiler said.
func (l *Lab) Build(ctx context.Context, t Toolchain, name, goLine string) (Built, error) {
	p, err := findProgram(name)
	if err != nil {
		return Built{}, err
	}
	if goLine == "" {
		goLine = DefaultGoLine
	}
	key, err := sourceKey(p.Dir, "harness")
	if err != nil {
		return Built{}, err
	}
	key += "-" + declaration(p) + "-" + t.Name + "-" + t.Stamp + "-go" + goLine
	b := Built{Program: p, Key: key, File: filepath.Join(l.dir, "bin", key, p.Name)}
	return b, l.once("build "+b.File, func() error {
		if _, err := os.Stat(b.File); err == nil {
			return nil
		}
		src, err := l.Source(goLine)
		if err != nil {
			return err
		}
		l.note("building " + p.Name + " with " + t.Name)
		return l.make(ctx, t, p, src, b.File)
	})
}

// declaration changes with how a program is built.
func declaration(p scenario.Program) string {
	sum := sha256.Sum256([]byte(fmt.Sprintf("%q %q %q", p.Kind, p.Flags, p.Env)))
	return hex.EncodeToString(sum[:3])
}

// make builds into a file of another name first: what is in the cache is whole.
func (l *Lab) make(ctx context.Context, t Toolchain, p scenario.Program, src, file string) error {
	if t.Minor < p.Min {
		return fmt.Errorf("%s needs Go 1.%d", p.Name, p.Min)
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	return aside(file, func(draft string) error { return l.compile(ctx, t, p, src, draft) })
}

// aside lets a file be made under its name in a directory of its own, and then
// moves it to its place, after what else was made there. A process number in a
// name would not do: containers that share a cache may share those.
func aside(file string, compile func(draft string) error) error {
	place := filepath.Dir(file)
	dir, err := os.MkdirTemp(place, "draft")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	draft := filepath.Join(dir, filepath.Base(file))
	if err := compile(draft); err != nil {
		return err
	}
	made, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, m := range made {
		if from := filepath.Join(dir, m.Name()); from != draft {
			if err := os.Rename(from, filepath.Join(place, m.Name())); err != nil {
				return err
			}
		}
	}
	return os.Rename(draft, file)
}

func findProgram(name string) (scenario.Program, error) {
	var names []string
	for _, p := range scenario.Programs() {
		if p.Name == name {
			return p, nil
		}
		names = append(names, p.Name)
	}
	return scenario.Program{}, fmt.Errorf("the lab has no program %q; it has %s", name, strings.Join(names, ", "))
}
