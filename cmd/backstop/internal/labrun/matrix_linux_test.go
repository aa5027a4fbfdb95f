package labrun

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/backstop-go/backstop/internal/crashtest"
	"github.com/backstop-go/backstop/lab/scenario"
)

// testLab works in a directory that the tests of a run share, so that programs
// are built once.
func testLab(t *testing.T, o Options) *Lab {
	t.Helper()
	if o.Dir == "" {
		o.Dir = filepath.Join(sharedDir, "lab")
	}
	l, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

var sharedDir string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "backstop-labtest-")
	if err != nil {
		panic(err)
	}
	sharedDir = dir
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

func find(t *testing.T, names ...string) []scenario.Scenario {
	t.Helper()
	var all []scenario.Scenario
	for _, n := range names {
		s, err := scenario.Find(n)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, s)
	}
	return all
}

func matrix(t *testing.T, l *Lab, p Plan) []Row {
	t.Helper()
	if len(p.Toolchains) == 0 {
		p.Toolchains = []string{Local()}
	}
	rows, err := l.Matrix(context.Background(), p)
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func TestObserve(t *testing.T) {
	rows := matrix(t, testLab(t, Options{}), Plan{Scenarios: find(t, "send-closed-chan", "upgrade-trace-id")})
	r := rows[0]
	if r.NotRun != "" || r.Exit != "2" || r.Guard() != "yes" || r.CrashOutput != "trace" || !r.StderrTraceback || !r.Deferred || r.Returned ||
		r.ClassifiedAs != "panic.closed_chan" || r.Headline != "panic: send on closed channel" || len(r.Missing) != 0 {
		t.Errorf("%+v", r)
	}
	if r.Memory <= 0 || r.Memory > 64<<20 || r.Wall <= 0 {
		t.Errorf("at its end: %d bytes, %d us", r.Memory, r.Wall)
	}
	if r := rows[1]; r.Exit != "0" || r.Guard() != "-" || !r.Returned || r.ClassifiedAs != scenario.None {
		t.Errorf("%+v", r)
	}
}

// TestKept measures twice: the second time nothing may run, unless it is asked
// for or another setting is.
func TestKept(t *testing.T) {
	dir, tmp := t.TempDir(), t.TempDir()
	t.Setenv("TMPDIR", tmp) // others may run a lab, too
	var told atomic.Int64
	note := func(string) { told.Add(1) }
	plan := Plan{Scenarios: find(t, "send-closed-chan")}
	first := matrix(t, testLab(t, Options{Dir: dir, Note: note}), plan)
	if told.Load() == 0 {
		t.Error("nobody was told of a build")
	}
	told.Store(0)
	// Two runs that take the same time, processor time and memory are one run.
	took := func(r Row) [3]int64 { return [3]int64{r.Wall, r.CPU, r.Memory} }
	again := func(o Options, p Plan) [3]int64 {
		o.Dir, o.Note = dir, note
		return took(matrix(t, testLab(t, o), p)[0])
	}
	if got := again(Options{}, plan); got != took(first[0]) {
		t.Error("it was run again")
	}
	if got := again(Options{Fresh: true}, plan); got == took(first[0]) {
		t.Error("it was not run again although that was asked for")
	}
	other := plan
	other.Settings = []Setting{{Env: []string{"GOTRACEBACK=none"}}}
	if got := again(Options{}, other); got == took(first[0]) {
		t.Error("another setting gave the same row")
	}
	if told.Load() != 0 {
		t.Errorf("%d builds although nothing had changed", told.Load())
	}
	if left, err := os.ReadDir(tmp); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// TestGoLine: panic(nil) depends on the go line and on GODEBUG.
func TestGoLine(t *testing.T) {
	rows := matrix(t, testLab(t, Options{}), Plan{
		Scenarios: find(t, "panic-nil"),
		Settings:  []Setting{{}, {GoLine: "1.20"}, {GoLine: "1.20", Env: []string{"GODEBUG=panicnil=0"}}},
	})
	for i, want := range []string{"runtime", "<nil>", "runtime"} {
		if !strings.Contains(rows[i].Value, want) {
			t.Errorf("%s: a guard gets %q, want %s", rows[i].setting(), rows[i].Value, want)
		}
	}
}

func TestNotRun(t *testing.T) {
	t.Run("toolchain", func(t *testing.T) {
		t.Setenv("GOPROXY", "off")
		rows := matrix(t, testLab(t, Options{}), Plan{Toolchains: []string{"go1.26.99"}, Scenarios: find(t, "send-closed-chan")})
		if len(rows) != 1 || !strings.Contains(rows[0].NotRun, "go1.26.99") || rows[0].Agrees() {
			t.Errorf("%+v", rows)
		}
	})
	t.Run("compiler", func(t *testing.T) {
		onlyGo(t)
		rows := matrix(t, testLab(t, Options{Dir: t.TempDir()}), Plan{Scenarios: find(t, "c-abort")})
		if !strings.Contains(rows[0].NotRun, "C compiler") {
			t.Errorf("%+v", rows[0])
		}
	})
	t.Run("release", func(t *testing.T) {
		rows := matrix(t, testLab(t, Options{}), Plan{Toolchains: []string{"go1.21.99"}, Scenarios: find(t, "waitgroup-go")})
		if len(rows) != 0 {
			t.Errorf("a release that does not have it has rows: %+v", rows)
		}
	})
}

// TestDiskFull: what a program could not print is not taken for what it did not
// print.
func TestDiskFull(t *testing.T) {
	l := testLab(t, Options{})
	plan := Plan{Toolchains: []string{Local()}, Scenarios: find(t, "send-closed-chan")}
	matrix(t, l, plan) // built
	l = testLab(t, Options{Fresh: true})
	small := t.TempDir()
	if err := syscall.Mount("tmpfs", small, "tmpfs", 0, "size=64k"); err != nil {
		crashtest.Skip(t, "mount a small disk: %v", err)
	}
	defer syscall.Unmount(small, syscall.MNT_DETACH) //nolint:errcheck // the directory goes away next
	t.Setenv("TMPDIR", small)
	if rows := matrix(t, l, plan); !strings.Contains(rows[0].NotRun, "less than 64 MB are free below "+small) {
		t.Errorf("%+v", rows[0])
	}
}

// TestAside moves what was made, the file itself last, or nothing.
func TestAside(t *testing.T) {
	place := t.TempDir()
	file := filepath.Join(place, "program")
	names := func() string {
		var all []string
		made, err := os.ReadDir(place)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range made {
			all = append(all, m.Name())
		}
		return strings.Join(all, " ")
	}
	compile := func(fails error) error {
		return aside(file, func(draft string) error {
			for _, f := range []string{draft, filepath.Join(filepath.Dir(draft), "library")} {
				if err := os.WriteFile(f, nil, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			return fails
		})
	}
	if err := compile(os.ErrInvalid); !errors.Is(err, os.ErrInvalid) || names() != "" {
		t.Errorf("a compiler that fails: %v, and there is %q", err, names())
	}
	if err := compile(nil); err != nil || names() != "library program" {
		t.Errorf("%v, and there is %q", err, names())
	}
}

// onlyGo leaves nothing but the go command and a shell in PATH.
func onlyGo(t *testing.T) {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{"go", "sh"} {
		path, err := exec.LookPath(name)
		if err != nil {
			crashtest.Skip(t, "%v", err)
		}
		if err := os.Symlink(path, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", dir)
}

// TestInterrupted stops a matrix in the middle: no row of half an observation is
// kept, and no program survives.
func TestInterrupted(t *testing.T) {
	dir := filepath.Join(sharedDir, "interrupted")
	l := testLab(t, Options{Dir: dir})
	ctx, cancel := context.WithCancel(context.Background())
	matrix(t, l, Plan{Scenarios: find(t, "send-closed-chan")}) // built
	time.AfterFunc(200*time.Millisecond, cancel)
	_, err := l.Matrix(ctx, Plan{Toolchains: []string{Local()}, Scenarios: find(t, "busy-loop")})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	rows, _ := filepath.Glob(filepath.Join(dir, "rows", "*", "*.json.gz"))
	if len(rows) != 1 {
		t.Errorf("%d rows are kept, want 1: %v", len(rows), rows)
	}
	crashtest.Eventually(t, "the end of every program", func() bool { return !running(t, dir) })
}

// running reports whether a process runs a program below a directory.
func running(t *testing.T, dir string) bool {
	t.Helper()
	all, err := filepath.Glob("/proc/[0-9]*/exe")
	if err != nil {
		t.Fatal(err)
	}
	for _, link := range all {
		if exe, err := os.Readlink(link); err == nil && strings.HasPrefix(exe, dir+"/") {
			return true
		}
	}
	return false
}
