// Package crashtest is test support: programs that really crash, and a collector
// that can misbehave. Call [Main] from TestMain with the programs, and [Run] one
// from a test: the test binary starts itself again as that program.
package crashtest

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const (
	envProgram = "BACKSTOP_CRASHTEST"
	envCgroup  = "BACKSTOP_CRASHTEST_CGROUP"
)

// A Program is what a child process does. It gets the arguments of Options.Args.
type Program func(args []string)

// Main runs a program, if this process was started as one, and exits; otherwise
// it runs the tests.
func Main(m *testing.M, programs map[string]Program) {
	name := os.Getenv(envProgram)
	if name == "" {
		os.Exit(m.Run())
	}
	program, ok := programs[name]
	if !ok {
		panic("crashtest: no program " + name)
	}
	enter()
	limit()
	program(os.Args[1:])
	os.Exit(0)
}

// Options say how to run a program. The zero value will do.
type Options struct {
	Args    []string
	Env     []string      // added to a small environment; Backstop's variables are not inherited
	Dir     string        // working directory; a temporary one when empty
	Timeout time.Duration // one minute when 0; only a program that hangs takes it
	// AddressSpace limits the program's memory (RLIMIT_AS), in bytes; 4 GiB
	// when 0, so that a runaway program cannot hurt the machine. The race
	// detector needs more, so it runs without.
	AddressSpace uint64
	// Cgroup is a directory that MemoryCgroup made; the program runs in it.
	Cgroup string
	// Executable runs another file than the test binary, which then need not
	// call Main.
	Executable string
}

// A Result is how a program ended.
type Result struct {
	Stdout, Stderr string
	Exit           int    // -1 when a signal ended it
	Signal         string // "killed", as syscall.Signal prints it
	Hung           bool   // had to be killed after the timeout
	PID            int
	Took           time.Duration
}

// Run runs a program to its end, its standard output and error included: a
// process left behind that holds them makes it hang.
func Run(tb testing.TB, program string, o Options) Result {
	tb.Helper()
	cmd := Command(tb, program, &o)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	start := time.Now()
	if err := cmd.Start(); err != nil {
		tb.Fatalf("start %s: %v", program, err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), o.Timeout)
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	r := Result{PID: cmd.Process.Pid}
	var err error
	select {
	case err = <-done:
	case <-ctx.Done():
		r.Hung = true
		cmd.Process.Kill() //nolint:errcheck // it may just have ended
		err = <-done
	}
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) && !errors.Is(err, exec.ErrWaitDelay) {
		tb.Fatalf("run %s: %v", program, err)
	}
	r.Stdout, r.Stderr, r.Took = stdout.String(), stderr.String(), time.Since(start)
	r.Exit, r.Signal = exitOf(cmd.ProcessState)
	return r
}

// Command prepares a program without starting it, for tests that want to do
// something while it runs. o is completed.
func Command(tb testing.TB, program string, o *Options) *exec.Cmd {
	tb.Helper()
	if o.Timeout == 0 {
		o.Timeout = time.Minute
	}
	if o.Dir == "" {
		o.Dir = tb.TempDir()
	}
	exe := o.Executable
	if exe == "" {
		self, err := os.Executable()
		if err != nil {
			tb.Fatal(err)
		}
		exe = self
	}
	cmd := exec.Command(exe, o.Args...)
	// Not the name of a test binary, in which the SDK would start no monitor.
	cmd.Args[0] = strings.ReplaceAll(program, "/", "-")
	cmd.Dir = o.Dir
	cmd.Env = environ(tb, program, o)
	cmd.WaitDelay = 5 * time.Second
	return cmd
}

func environ(tb testing.TB, program string, o *Options) []string {
	tb.Helper()
	home := filepath.Join(o.Dir, "home")
	if err := os.MkdirAll(home, 0o700); err != nil {
		tb.Fatal(err)
	}
	env := []string{
		"PATH=" + os.Getenv("PATH"),
		"HOME=" + home,
		"TMPDIR=" + o.Dir,
		envProgram + "=" + program,
		limitEnv(o.AddressSpace),
	}
	if dir := os.Getenv("GOCOVERDIR"); dir != "" {
		env = append(env, "GOCOVERDIR="+dir)
	}
	if o.Cgroup != "" {
		env = append(env, envCgroup+"="+o.Cgroup)
	}
	return append(env, o.Env...)
}

// Skip skips a test that needs what this machine does not have. Where
// BACKSTOP_REQUIRE_ALL is set (in CI), a skip is a failure.
func Skip(tb testing.TB, format string, args ...any) {
	tb.Helper()
	if os.Getenv("BACKSTOP_REQUIRE_ALL") != "" {
		tb.Fatalf("must not be skipped here: "+format, args...)
	}
	tb.Skipf(format, args...)
}

// Build compiles a main package with CGO_ENABLED=0 and returns the executable.
// dir is relative to the package under test.
func Build(tb testing.TB, dir string, flags ...string) string {
	tb.Helper()
	if _, err := exec.LookPath("go"); err != nil {
		Skip(tb, "no go command: %v", err)
	}
	exe := filepath.Join(tb.TempDir(), filepath.Base(dir))
	args := append([]string{"build", "-o", exe}, flags...)
	cmd := exec.Command("go", append(args, "./"+dir)...)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		tb.Fatalf("go build %s: %v\n%s", dir, err, out)
	}
	return exe
}

// Eventually polls until ok, and fails after a time that only a defect takes.
func Eventually(tb testing.TB, what string, ok func() bool) {
	tb.Helper()
	deadline := time.Now().Add(30 * time.Second)
	for !ok() {
		if time.Now().After(deadline) {
			tb.Fatalf("not within 30 s: %s", what)
		}
		time.Sleep(2 * time.Millisecond)
	}
}

// SpoolDir makes a directory for processes that may outlive the test a little, as
// monitors do: removing it goes on until nobody writes into it any more.
func SpoolDir(tb testing.TB) string {
	tb.Helper()
	dir, err := os.MkdirTemp("", "backstop-spool-")
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		Eventually(tb, "the spool is left alone", func() bool { return os.RemoveAll(dir) == nil })
	})
	return dir
}
