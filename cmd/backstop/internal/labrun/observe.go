package labrun

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/backstop-go/backstop/lab/bounded"
	"github.com/backstop-go/backstop/lab/harness"
	"github.com/backstop-go/backstop/lab/scenario"
)

// A Trace is what one run left behind, as it was.
type Trace struct {
	Result      bounded.Result
	Stdout      []byte
	Stderr      []byte
	StderrSize  int64 // in bytes; Stderr is cut where it is very long
	CrashOutput []byte
	Marks       []string
	OOM         bool // the kernel's OOM killer struck in the run's own cgroup
}

// Runs are what a row is made of: one run plain, one under a guard.
type Runs struct{ Plain, Guarded *Trace }

// marked returns what follows a mark, and whether it was made.
func (t *Trace) marked(name string) (rest string, ok bool) {
	for _, m := range t.Marks {
		if m == name {
			return "", true
		}
		if after, has := strings.CutPrefix(m, name+" "); has {
			return after, true
		}
	}
	return "", false
}

// An impossible scenario cannot be run here; the reason is for people.
type impossible struct{ why string }

func (i *impossible) Error() string { return i.why }

func cannot(format string, args ...any) error { return &impossible{fmt.Sprintf(format, args...)} }

// judge makes a row of two runs, or of the reason why there are none.
func (l *Lab) judge(j job, runs *Runs, err error) (Row, error) {
	row := l.blank(j.toolchain.Name, j.scenario, j.setting)
	var no *impossible
	switch {
	case errors.As(err, &no):
		row.NotRun = no.why
	case err != nil:
		return row, fmt.Errorf("%s with %s: %w", j.scenario.Name, j.toolchain.Name, err)
	default:
		fill(&row, runs.Plain, runs.Guarded)
	}
	return row, nil
}

// Run runs a scenario once, plain or under a guard, and returns all it left.
func (l *Lab) Run(ctx context.Context, t Toolchain, s scenario.Scenario, setting Setting, guard bool) (*Trace, Built, error) {
	if !s.On(t.Minor) {
		return nil, Built{}, cannot("Go 1.%d does not have it", t.Minor)
	}
	if err := l.check(s); err != nil {
		return nil, Built{}, err
	}
	b, err := l.Build(ctx, t, s.Program, setting.GoLine)
	if err != nil {
		return nil, b, cannot("%s cannot be built: %s", s.Program, said(err))
	}
	trace, err := l.start(ctx, b, s, setting, guard)
	return trace, b, err
}

func (l *Lab) both(ctx context.Context, t Toolchain, s scenario.Scenario, setting Setting) (*Runs, error) {
	plain, _, err := l.Run(ctx, t, s, setting, false)
	if err != nil {
		return nil, err
	}
	if plain.Result.Exit != nil && *plain.Result.Exit == harness.Unknown {
		return nil, cannot("program %s does not have it: %s", s.Program, firstLine(plain.Stderr))
	}
	guarded, _, err := l.Run(ctx, t, s, setting, true)
	return &Runs{plain, guarded}, err
}

func (l *Lab) blank(toolchain string, s scenario.Scenario, setting Setting) Row {
	row := Row{
		Scenario: s.Name, Toolchain: toolchain, GoLine: setting.GoLine, Env: strings.Join(setting.Env, " "),
		CrashOutput: "n/a", ExpectedClass: s.ClassOn(minorOf(toolchain)), Varies: s.Varies,
	}
	if row.GoLine == "" {
		row.GoLine = DefaultGoLine
	}
	return row
}

// start runs a built program in a directory of its own, which is gone afterwards.
func (l *Lab) start(ctx context.Context, b Built, s scenario.Scenario, setting Setting, guard bool) (*Trace, error) {
	dir, err := os.MkdirTemp("", "backstop-lab-")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	if err := os.Chmod(dir, 0o777); err != nil { // a program may run as somebody else
		return nil, err
	}
	tmp := filepath.Join(dir, "tmp")
	if err := os.Mkdir(tmp, 0o777); err != nil {
		return nil, err
	}
	spec := bounded.Spec{
		Argv: append([]string{b.File, s.Name}, s.Args...),
		Env: environment([]string{
			"PATH=/usr/local/bin:/usr/bin:/bin", "HOME=" + tmp, "TMPDIR=" + tmp, "LC_ALL=C",
			harness.EnvMarks + "=3", harness.EnvCrashOutput + "=4",
		}, s.Env, setting.Env),
		Dir:    tmp,
		Stdout: stream(s.Stdout, filepath.Join(dir, "stdout")), Stderr: stream(s.Stderr, filepath.Join(dir, "stderr")),
		Marks: filepath.Join(dir, "marks"), CrashOutput: filepath.Join(dir, "crash"),
		Wait: s.Wait.Milliseconds(),
	}
	bound(&spec, b.Program, s)
	if guard {
		spec.Env = append(spec.Env, harness.EnvGuard+"=1")
	}
	if err := l.prepare(b, &spec, dir); err != nil {
		return nil, err
	}
	if err := roomIn(dir); err != nil {
		return nil, err
	}
	if s.Limits.AddressSpace > heavy { // not all that memory at once
		select {
		case l.heavy <- struct{}{}:
			defer func() { <-l.heavy }()
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	group, err := enter(s.Limits, &spec, filepath.Base(dir))
	if err != nil {
		return nil, cannot("%v", err)
	}
	trace := new(Trace)
	err = l.launch(ctx, spec, &trace.Result)
	trace.OOM = group.oomKilled()
	// Again afterwards: others may have filled the disk meanwhile.
	if err := errors.Join(err, group.remove(), roomIn(dir)); err != nil {
		return nil, err
	}
	return trace, trace.read(dir)
}

// Start runs a built program that is no scenario: a probe or an experiment. The
// first argument is the name of its case. Limits and deadline are the caller's.
func (l *Lab) Start(ctx context.Context, b Built, args, env []string, limits scenario.Limits, wait time.Duration) (*Trace, error) {
	s := scenario.Scenario{Name: args[0], Args: args[1:], Env: env, Limits: limits, Wait: wait}
	return l.start(ctx, b, s, Setting{}, false)
}

// heavy is the address space from which on a program runs alone among its like: it
// fills a gigabyte, and a host may have no more.
const heavy = 4 << 30

// bound sets the limits of a program: the scenario's, or for what it leaves out
// some that only a program out of control meets. Detectors reserve address space
// by the terabyte.
func bound(spec *bounded.Spec, p scenario.Program, s scenario.Scenario) {
	spec.AddressSpace = cmp.Or(s.Limits.AddressSpace, 16<<30)
	if slices.Contains(p.Flags, "-race") || slices.Contains(p.Flags, "-asan") {
		spec.AddressSpace = s.Limits.AddressSpace
	}
	spec.FileSize = cmp.Or(s.Limits.FileSize, 256<<20)
	spec.CPU = cmp.Or(s.Limits.CPU, uint64(600*runtime.NumCPU()))
}

// environment puts variables together. What comes later wins, because libc and Go
// disagree about a name that stands there twice; of GODEBUG each setting counts.
func environment(lists ...[]string) []string {
	var all []string
	at := make(map[string]int)
	for _, v := range slices.Concat(lists...) {
		name, value, _ := strings.Cut(v, "=")
		i, ok := at[name]
		switch {
		case !ok:
			at[name] = len(all)
			all = append(all, v)
		case name == "GODEBUG" && all[i] != "GODEBUG=":
			all[i] += "," + value // the last one counts
		default:
			all[i] = v
		}
	}
	return all
}

func stream(s scenario.Stream, file string) string {
	if s == scenario.Recorded {
		return file
	}
	return string(s)
}

// launch runs a program within bounds. The error is one of the lab's, not of the
// program.
func (l *Lab) launch(ctx context.Context, spec bounded.Spec, result *bounded.Result) error {
	exe, err := l.launcher(ctx)
	if err != nil {
		return err
	}
	arg, err := json.Marshal(spec)
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, exe, string(arg))
	out, err := output(cmd)
	if err != nil {
		return err
	}
	if err := json.Unmarshal([]byte(out), result); err != nil {
		return fmt.Errorf("launcher: %w", err)
	}
	if result.Error != "" {
		return fmt.Errorf("launcher: %s", result.Error)
	}
	if result.NotStarted {
		why, _ := os.ReadFile(spec.Stderr) // where it is a file
		return cannot("it could not be started here: %s", firstLine(why))
	}
	return nil
}

// maxText bounds what is read of a stream: a scenario prints at most a few MB.
const maxText = 16 << 20

func (t *Trace) read(dir string) error {
	var errs []error
	text := func(name string) []byte {
		f, err := os.Open(filepath.Join(dir, name))
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			errs = append(errs, err)
			return nil
		}
		defer f.Close()
		b, err := readUpTo(f, maxText)
		errs = append(errs, err)
		return b
	}
	t.Stdout, t.Stderr, t.CrashOutput = text("stdout"), text("stderr"), text("crash")
	if info, err := os.Stat(filepath.Join(dir, "stderr")); err == nil {
		t.StderrSize = info.Size()
	}
	for _, line := range strings.Split(string(text("marks")), "\n") {
		if line != "" {
			t.Marks = append(t.Marks, line)
		}
	}
	return errors.Join(errs...)
}
