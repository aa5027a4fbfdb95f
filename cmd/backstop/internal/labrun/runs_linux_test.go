package labrun

import (
	"context"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/backstop-go/backstop/lab/bounded"
	"github.com/backstop-go/backstop/lab/scenario"
)

// TestJudgedAnew: what is kept is what programs printed, not what an older version
// of package crash made of it.
func TestJudgedAnew(t *testing.T) {
	l := testLab(t, Options{Dir: t.TempDir()})
	two := 2
	text := []byte("fatal error: all goroutines are asleep - deadlock!\n\ngoroutine 1 [select (no cases)]:\nmain.main()\n\t/m/main.go:3 +0x1\n")
	j := job{toolchain: Toolchain{Name: "go1.26.8", Minor: 26}, scenario: find(t, "send-closed-chan")[0]}
	file, err := l.rowFile(j)
	if err != nil {
		t.Fatal(err)
	}
	ran := &Trace{Result: bounded.Result{Exit: &two}, Stderr: text}
	if err := keep(file, &Runs{ran, ran}); err != nil {
		t.Fatal(err)
	}
	row, runs, err := l.Observe(context.Background(), j.toolchain, j.scenario, j.setting)
	if err != nil || row.ClassifiedAs != "fatal.deadlock" || row.Agrees() || string(runs.Guarded.Stderr) != string(text) {
		t.Errorf("%+v, %v", row, err)
	}
	whole, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, damaged := range [][]byte{nil, whole[:len(whole)/2], []byte("{}")} {
		if err := os.WriteFile(file, damaged, 0o644); err != nil {
			t.Fatal(err)
		}
		if read(file) != nil {
			t.Errorf("%d of %d bytes were taken for two runs", len(damaged), len(whole))
		}
	}
}

// TestRowFile: whatever changes a run is part of the name under which it is kept,
// and nothing else is.
func TestRowFile(t *testing.T) {
	l := testLab(t, Options{})
	name := func(change func(j *job)) string {
		j := job{toolchain: Toolchain{Name: "go1.26.8", Minor: 26}, scenario: find(t, "send-closed-chan")[0]}
		change(&j)
		file, err := l.rowFile(j)
		if err != nil {
			t.Fatal(err)
		}
		return file
	}
	plain := name(func(*job) {})
	for what, change := range map[string]func(j *job){
		"program":   func(j *job) { j.scenario.Program = "native" },
		"arguments": func(j *job) { j.scenario.Args = []string{"x"} },
		"env":       func(j *job) { j.scenario.Env = []string{"GOGC=1"} },
		"limits":    func(j *job) { j.scenario.Limits.CPU = 1 },
		"stdout":    func(j *job) { j.scenario.Stdout = scenario.Closed },
		"stderr":    func(j *job) { j.scenario.Stderr = scenario.Closed },
		"wait":      func(j *job) { j.scenario.Wait = 1 },
		"go line":   func(j *job) { j.setting.GoLine = "1.20" },
		"setting":   func(j *job) { j.setting.Env = []string{"GOGC=1"} },
		"toolchain": func(j *job) { j.toolchain.Stamp = "patched" },
	} {
		if name(change) == plain {
			t.Errorf("runs with another %s have the same name", what)
		}
	}
	if name(func(j *job) { j.scenario.Shows, j.scenario.Class, j.scenario.Lesson = "x", "panic.custom", "y" }) != plain {
		t.Error("words for people made it run again")
	}
}

// TestIgnoredSignals: who starts the lab under nohup sees the same.
func TestIgnoredSignals(t *testing.T) {
	signal.Ignore(syscall.SIGHUP, syscall.SIGINT)
	defer signal.Reset(syscall.SIGHUP, syscall.SIGINT)
	for i, r := range matrix(t, testLab(t, Options{Fresh: true}), Plan{Scenarios: find(t, "sig-hup", "sig-int")}) {
		if want := []string{"SIGHUP", "SIGINT"}[i]; r.Ended() != want {
			t.Errorf("%s ends with %s, want %s", r.Scenario, r.Ended(), want)
		}
	}
}

// TestNotStarted: the status of a shell is not that of a program.
func TestNotStarted(t *testing.T) {
	dir := t.TempDir()
	closed := filepath.Join(dir, "closed")
	if err := os.WriteFile(closed, []byte("\x7fELF"), 0o644); err != nil {
		t.Fatal(err)
	}
	l := testLab(t, Options{})
	for name, spec := range map[string]bounded.Spec{
		"no program": {Argv: []string{filepath.Join(dir, "none")}},
		"closed":     {Argv: []string{closed}},
		"no cgroup":  {Argv: []string{"/bin/true"}, Cgroups: []string{filepath.Join(dir, "none", "cgroup.procs")}},
	} {
		spec.Dir, spec.Wait, spec.Stderr, spec.Env = dir, 5000, filepath.Join(dir, name), []string{"PATH=/usr/bin:/bin"}
		var result bounded.Result
		err := l.launch(context.Background(), spec, &result)
		if why, ok := Reason(err); !ok || !strings.HasPrefix(why, "it could not be started here: ") || len(why) < 35 {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestEnvironment(t *testing.T) {
	got := environment([]string{"HOME=/", "GOGC=1"}, []string{"GODEBUG=panicnil=1", "GOGC=2"}, []string{"GODEBUG=gctrace=1", "GOGC=3"})
	if want := []string{"HOME=/", "GOGC=3", "GODEBUG=panicnil=1,gctrace=1"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	if err := (Setting{Env: []string{"LAB_MARKS=9"}}).Check(); err == nil {
		t.Error("a variable of the lab's own was taken")
	}
}

// TestBounds: every program is bounded, whatever its scenario says; the bounds a
// scenario asks for are its own.
func TestBounds(t *testing.T) {
	for _, p := range scenario.Programs() {
		var spec bounded.Spec
		bound(&spec, p, scenario.Scenario{})
		detector := p.Name == "race" || p.Name == "asan"
		if spec.CPU == 0 || spec.FileSize == 0 || (spec.AddressSpace == 0) != detector {
			t.Errorf("%s: %+v", p.Name, spec)
		}
	}
	own := scenario.Limits{AddressSpace: 1 << 30, CPU: 1, FileSize: 4096}
	var spec bounded.Spec
	bound(&spec, scenario.Program{}, scenario.Scenario{Limits: own})
	if spec.AddressSpace != own.AddressSpace || spec.CPU != own.CPU || spec.FileSize != own.FileSize {
		t.Errorf("%+v", spec)
	}
}

func TestStamp(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "panic.go")
	stamps := map[string]bool{stamp("CC=gcc", dir): true, stamp("CC=clang", dir): true, stamp("CC=gcc", dir, dir+"/none"): true}
	for _, text := range []string{"package runtime\n", "package runtime // patched\n"} {
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		stamps[stamp("CC=gcc", dir)] = true
	}
	if len(stamps) != 4 {
		t.Errorf("%d stamps of 4 toolchains: %v", len(stamps), stamps)
	}
}
