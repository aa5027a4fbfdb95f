// Package tracee is test support: a program that panics, dies, parks and serves
// as it is told and says of itself what an observer should see, built by each
// toolchain in each mode.
package tracee

import (
	"bufio"
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/backstop-go/backstop/internal/crashtest"
)

//go:embed testdata/prog
var source embed.FS

// A Mode is a way to build.
type Mode string

// The modes.
const (
	Default     Mode = "default"
	Stripped    Mode = "stripped"     // -ldflags="-s -w"
	PIE         Mode = "pie"          // -buildmode=pie
	PIEStripped Mode = "pie-stripped" // both
	Cgo         Mode = "cgo"          // linked by gcc
)

// Unoptimized is how debuggers have programs built: nothing is inlined, the
// runtime included. It is none of Modes.
const Unoptimized Mode = "unoptimized"

// Modes lists all of them that people run.
var Modes = []Mode{Default, Stripped, PIE, PIEStripped, Cgo}

// Toolchains lists the releases that are tested: each minor from the oldest that
// is supported, the same as those of the lab.
var Toolchains = []string{"go1.21.13", "go1.22.12", "go1.23.12", "go1.24.13", "go1.25.14", "go1.26.8", "go1.27.0"}

// A Variant is one way the program is built.
type Variant struct {
	Toolchain string
	Mode      Mode
}

// Sample lists variants for tests to which each costs seconds: the oldest and the
// newest toolchain in all of the modes, those between in one each, by turns. With
// BACKSTOP_EVERY_BUILD=1 it lists all.
func Sample(modes ...Mode) []Variant {
	if len(modes) == 0 {
		return nil
	}
	every := os.Getenv("BACKSTOP_EVERY_BUILD") != ""
	var all []Variant
	for i, toolchain := range Toolchains {
		if every || i == 0 || i == len(Toolchains)-1 {
			for _, mode := range modes {
				all = append(all, Variant{toolchain, mode})
			}
			continue
		}
		all = append(all, Variant{toolchain, modes[i%len(modes)]})
	}
	return all
}

// Build builds the program, or finds it built, and returns its path. The test is
// skipped where the toolchain, or gcc for Cgo, is missing.
func Build(tb testing.TB, toolchain string, mode Mode) string {
	tb.Helper()
	files, err := fs.Sub(source, "testdata/prog")
	if err != nil {
		tb.Fatal(err)
	}
	return BuildFrom(tb, files, toolchain, mode)
}

// BuildSmall builds the program without its server: compiling net/http for each
// toolchain and mode takes minutes where nothing is cached.
func BuildSmall(tb testing.TB, toolchain string, mode Mode) string {
	tb.Helper()
	names, err := fs.Glob(source, "testdata/prog/*.go")
	if err != nil {
		tb.Fatal(err)
	}
	files := make(fstest.MapFS)
	for _, name := range names {
		text, err := source.ReadFile(name)
		if err != nil {
			tb.Fatal(err)
		}
		if base := path.Base(name); base != "http.go" {
			files[base] = &fstest.MapFile{Data: text, Mode: 0o644}
		}
	}
	return BuildFrom(tb, files, toolchain, mode)
}

// BuildFrom does the same with another program, whose files these are.
func BuildFrom(tb testing.TB, files fs.FS, toolchain string, mode Mode) string {
	tb.Helper()
	crashtest.NeedToolchain(tb, toolchain)
	if mode == Cgo {
		if _, err := exec.LookPath("gcc"); err != nil {
			crashtest.Skip(tb, "no gcc: %v", err)
		}
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		tb.Fatal(err)
	}
	dir := filepath.Join(cache, "backstop-tracee", key(tb, files, toolchain, mode))
	exe := filepath.Join(dir, "tracee")
	if _, err := os.Stat(exe); err == nil {
		return exe
	}
	tmp := tb.TempDir()
	if err := unpack(files, tmp); err != nil {
		tb.Fatal(err)
	}
	args := []string{"build", "-trimpath", "-o", filepath.Join(tmp, "built")}
	cgo := "CGO_ENABLED=0"
	switch mode {
	case Default:
	case Unoptimized:
		args = append(args, "-gcflags=all=-N -l")
	case Stripped:
		args = append(args, "-ldflags=-s -w")
	case PIE:
		args = append(args, "-buildmode=pie")
	case PIEStripped:
		args = append(args, "-buildmode=pie", "-ldflags=-s -w")
	case Cgo:
		args, cgo = append(args, "-ldflags=-linkmode=external"), "CGO_ENABLED=1"
	default:
		tb.Fatalf("no mode %q", mode)
	}
	cmd := exec.Command("go", append(args, ".")...)
	cmd.Dir = tmp
	cmd.Env = append(os.Environ(), "GOTOOLCHAIN="+toolchain, "GOWORK=off", "GOFLAGS=", cgo)
	if out, err := cmd.CombinedOutput(); err != nil {
		tb.Fatalf("build with %s (%s): %v\n%s", toolchain, mode, err, out)
	}
	// Another test may build the same: the last to rename wins.
	if err := os.MkdirAll(dir, 0o755); err != nil {
		tb.Fatal(err)
	}
	if err := move(filepath.Join(tmp, "built"), exe); err != nil {
		tb.Fatal(err)
	}
	return exe
}

// Private copies an executable that was built for everybody. Probes are on a file:
// those of other tests are on all processes that run it.
func Private(tb testing.TB, exe string) string {
	tb.Helper()
	path := filepath.Join(tb.TempDir(), "tracee")
	if err := move(exe, path); err != nil {
		tb.Fatal(err)
	}
	return path
}

// key changes with the source, the toolchain and the mode.
func key(tb testing.TB, files fs.FS, toolchain string, mode Mode) string {
	tb.Helper()
	sum := sha256.New()
	err := fs.WalkDir(files, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := fs.ReadFile(files, path)
		fmt.Fprintf(sum, "%s\n%s\n", path, text)
		return err
	})
	if err != nil {
		tb.Fatal(err)
	}
	return toolchain + "-" + string(mode) + "-" + hex.EncodeToString(sum.Sum(nil)[:8])
}

func unpack(files fs.FS, dir string) error {
	if err := os.CopyFS(dir, files); err != nil {
		return err
	}
	if _, err := fs.Stat(files, "go.mod"); err == nil {
		return nil
	}
	// A directory with a go.mod cannot be embedded.
	return os.WriteFile(filepath.Join(dir, "go.mod"), []byte("module example.com/tracee\n\ngo 1.21\n"), 0o644)
}

// move copies, at once or not at all, because the test's directory may be on another file system.
func move(from, to string) error {
	b, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	tmp, err := os.CreateTemp(filepath.Dir(to), "built-")
	if err != nil {
		return err
	}
	_, err = tmp.Write(b)
	if err == nil {
		err = tmp.Chmod(0o755)
	}
	if cerr := tmp.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = os.Rename(tmp.Name(), to)
	}
	return err
}

// A Frame is one call as runtime.CallersFrames has it in the program.
type Frame struct {
	Func string `json:"func"`
	File string `json:"file"`
	Line int    `json:"line"`
}

// A Panic is one panic as the program's own deferred function saw it.
type Panic struct {
	Type  string  `json:"type"` // %T
	Text  string  `json:"text"` // Error() or %v
	Goid  uint64  `json:"goid"`
	Stack []Frame `json:"stack"` // from the caller of gopanic on
}

// An Answer is what the program says of a command.
type Answer struct {
	Command string        `json:"command"`
	PID     int           `json:"pid"`
	Panics  []Panic       `json:"panics"`
	Count   int           `json:"count"`
	CPU     time.Duration `json:"cpu"`
	Text    string        `json:"text"`
	Error   string        `json:"error"`
}

// A Process is the running program.
type Process struct {
	PID    int
	Cmd    *exec.Cmd
	Stderr *strings.Builder // complete after Wait

	tb     testing.TB
	stdin  io.WriteCloser
	stdout *bufio.Reader
	cancel context.CancelFunc
	waited bool
	err    error
}

// Start starts exe, with additions to its environment, and waits until it is
// ready for commands. It is killed when the test ends, or after two minutes.
func Start(tb testing.TB, exe string, env ...string) *Process {
	tb.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	p := &Process{tb: tb, Cmd: exec.CommandContext(ctx, exe), Stderr: new(strings.Builder), cancel: cancel}
	p.Cmd.Env = append(append(os.Environ(), "GOTRACEBACK=single", "GOMAXPROCS=2"), env...)
	p.Cmd.Stderr = p.Stderr
	p.Cmd.WaitDelay = time.Second
	stdin, err := p.Cmd.StdinPipe()
	if err != nil {
		tb.Fatal(err)
	}
	stdout, err := p.Cmd.StdoutPipe()
	if err != nil {
		tb.Fatal(err)
	}
	p.stdin, p.stdout = stdin, bufio.NewReaderSize(stdout, 1<<20)
	if err := p.Cmd.Start(); err != nil {
		cancel()
		tb.Fatal(err)
	}
	p.PID = p.Cmd.Process.Pid
	tb.Cleanup(func() {
		cancel()
		_ = p.Wait()
	})
	if a := p.read(); a.Command != "ready" {
		tb.Fatalf("the program says %+v, not that it is ready", a)
	}
	return p
}

// Do gives a command and returns the answer.
func (p *Process) Do(command string) Answer {
	p.tb.Helper()
	p.Send(command)
	a := p.read()
	if a.Error != "" {
		p.tb.Fatalf("%s: %s", command, a.Error)
	}
	return a
}

// Send gives a command that may end the process: no answer is waited for.
func (p *Process) Send(command string) {
	p.tb.Helper()
	if _, err := io.WriteString(p.stdin, command+"\n"); err != nil {
		p.tb.Fatalf("give command %s: %v", command, err)
	}
}

// Shapes lists the commands that panic and recover.
func (p *Process) Shapes() []string {
	p.tb.Helper()
	return strings.Fields(p.Do("shapes").Text)
}

func (p *Process) read() Answer {
	p.tb.Helper()
	var a Answer
	line, err := p.stdout.ReadBytes('\n')
	if err == nil {
		err = json.Unmarshal(line, &a)
	}
	if err != nil {
		p.cancel()
		_ = p.Wait()
		p.tb.Fatalf("answer of the program: %v; standard error: %s", err, p.Stderr.String())
	}
	return a
}

// Wait waits for the end of the process: the error of exec.Cmd.Wait.
func (p *Process) Wait() error {
	if !p.waited {
		p.waited = true
		_ = p.stdin.Close()
		p.err = p.Cmd.Wait()
	}
	return p.err
}
