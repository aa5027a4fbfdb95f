// Package explain is `backstop lab explain`: what a scenario shows, looked at from
// inside. It builds and runs the scenario with one toolchain and then reads: the
// scenario's source, the functions of that toolchain's runtime on the way to the
// end, the machine code around the calls, the traceback line by line.
//
// Start with [Make]; [Compare] tells two toolchains apart. Everything shown is
// measured or read on the spot: positions and excerpts of the runtime come from
// the GOROOT of the toolchain, and an error where something is not there is said
// as a note, never passed over.
package explain

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/backstop-go/backstop/crash"
	"github.com/backstop-go/backstop/internal/gobin"
	"github.com/backstop-go/backstop/lab/scenario"

	"github.com/backstop-go/backstop/cmd/backstop/internal/labrun"
)

// An Explanation is one scenario on one toolchain, from inside. In JSON it is
// one object.
type Explanation struct {
	Scenario  string `json:"scenario"`
	Toolchain string `json:"toolchain"`
	GoLine    string `json:"go_line"`
	Env       string `json:"env,omitempty"`
	Shows     string `json:"shows"`
	Lesson    string `json:"lesson,omitempty"`
	Class     string `json:"class"` // declared
	Title     string `json:"title"` // of the class, in plain words

	Source    []Excerpt   `json:"source"`
	Row       *labrun.Row `json:"row"`
	Happened  []Fact      `json:"happened"`
	Path      []Step      `json:"path"`
	NoPath    string      `json:"no_path,omitempty"` // why there is no path through Go
	Routines  []Routine   `json:"assembly"`
	Traceback []Line      `json:"traceback"`
	Questions []Question  `json:"questions"`
	Notes     []string    `json:"notes,omitempty"` // what could not be looked at, and why

	minor  int
	goroot *goroot
}

// A Fact is one line of what happened.
type Fact struct {
	Name  string `json:"name"`
	Value string `json:"value"`
	Means string `json:"means,omitempty"`
}

// A maker gathers what the parts of an explanation are made from.
type maker struct {
	lab       *labrun.Lab
	toolchain labrun.Toolchain
	scenario  scenario.Scenario
	program   scenario.Program
	setting   labrun.Setting
	goroot    *goroot
	sources   *sources
	bin       *gobin.File // nil when there is none
	built     labrun.Built
	binary    string        // the file that has the Go code: it, or the library beside it
	plain     *labrun.Trace // as a user sees it
	report    *crash.Report // of plain, nil when it printed none
	deep      *crash.Report // the same with GOTRACEBACK=system
	deepText  string
	funcs     []gobin.Func // of the binary that belong to the excerpts
	e         *Explanation
}

// Make explains a scenario on one toolchain. A scenario that cannot be run here
// is an error that says why.
func Make(ctx context.Context, l *labrun.Lab, t labrun.Toolchain, s scenario.Scenario, setting labrun.Setting) (*Explanation, error) {
	rows, err := l.Matrix(ctx, labrun.Plan{Toolchains: []string{t.Name}, Scenarios: []scenario.Scenario{s}, Settings: []labrun.Setting{setting}})
	if err != nil {
		return nil, err
	}
	if len(rows) != 1 {
		return nil, fmt.Errorf("%s is not on %s: Go 1.%d does not have it", s.Name, t.Name, t.Minor)
	}
	row := &rows[0]
	if row.NotRun != "" {
		return nil, fmt.Errorf("%s was not run with %s: %s", s.Name, t.Name, row.NotRun)
	}
	m := &maker{
		lab: l, toolchain: t, scenario: s, setting: setting,
		e: &Explanation{
			Scenario: s.Name, Toolchain: t.Name, GoLine: row.GoLine, Env: strings.Join(append(append([]string{}, s.Env...), setting.Env...), " "),
			Shows: s.Shows, Lesson: s.Lesson, Class: row.ExpectedClass, Title: title(row.ExpectedClass), Row: row, minor: t.Minor,
			Source: []Excerpt{}, Path: []Step{}, Routines: []Routine{}, Traceback: []Line{}, Questions: []Question{},
		},
	}
	if err := m.run(ctx); err != nil {
		return nil, err
	}
	if m.bin != nil {
		defer m.bin.Close()
	}
	m.source()
	m.happened()
	m.path()
	if err := m.assembly(ctx); err != nil {
		m.note("no machine code is shown: %v", err)
	}
	m.traceback()
	m.questions()
	return m.e, nil
}

func (m *maker) note(format string, args ...any) {
	m.e.Notes = append(m.e.Notes, fmt.Sprintf(format, args...))
}

// run runs the scenario as it is, and once more with all the runtime tells.
func (m *maker) run(ctx context.Context) error {
	var err error
	if m.plain, m.built, err = m.lab.Run(ctx, m.toolchain, m.scenario, m.setting, false); err != nil {
		return fmt.Errorf("run %s with %s: %w", m.scenario.Name, m.toolchain.Name, err)
	}
	m.program = m.built.Program
	m.goroot = openGoroot(m.toolchain.Root, platform(m.toolchain.Minor, m.program.Env...))
	m.e.goroot = m.goroot
	m.binary = m.built.File
	if m.program.Kind == scenario.CShared {
		m.binary = filepath.Join(filepath.Dir(m.built.File), "lib"+m.program.Name+".so")
	}
	m.report = reportOf(m.plain)
	m.deep, m.deepText = m.report, string(m.plain.Stderr)
	if m.report != nil && m.report.Kind != crash.KindRace {
		all := m.setting
		all.Env = append(append([]string{}, all.Env...), "GOTRACEBACK=system")
		deep, _, err := m.lab.Run(ctx, m.toolchain, m.scenario, all, false)
		if err != nil {
			return fmt.Errorf("run %s with GOTRACEBACK=system: %w", m.scenario.Name, err)
		}
		if r := reportOf(deep); r != nil && r.Class == m.report.Class {
			m.deep, m.deepText = r, string(deep.Stderr)
		}
	}
	if m.bin, err = gobin.Open(m.binary); err != nil {
		m.bin = nil
		m.note("no machine code is shown: the tables of the program cannot be read: %v", errors.Unwrap(err))
	}
	return nil
}

// reportOf returns the crash that ended the process, else the last that was
// printed: on standard error, or in the crash output where that got it alone.
func reportOf(t *labrun.Trace) *crash.Report {
	if r := lastReport(t.Stderr); r != nil {
		return r
	}
	return lastReport(t.CrashOutput)
}

func lastReport(text []byte) *crash.Report {
	var last *crash.Report
	for r := crash.NewReader(bytes.NewReader(text)); ; {
		report, err := r.Next()
		if err != nil {
			return last // io.EOF: a bytes.Reader has no other
		}
		if report.Kind == crash.KindFragment {
			continue
		}
		last = report
		if !report.Recovered {
			return last
		}
	}
}

func title(class string) string {
	if class == scenario.None {
		return "nothing dies, and nothing is printed"
	}
	return crash.Explain(crash.Class(class)).Title
}

// happened says in one line each what the row holds.
func (m *maker) happened() {
	r := m.e.Row
	add := func(name, value, means string) {
		m.e.Happened = append(m.e.Happened, Fact{name, value, means})
	}
	switch {
	case r.Exit == labrun.Hang:
		add("end", "hang", fmt.Sprintf("it made no progress, and the lab ended it after %v", m.scenario.Wait))
	case r.Exit == labrun.Stopped:
		add("end", "stopped", "a signal stopped it: it was alive and did not run")
	case r.Signal != nil:
		add("end", *r.Signal, "the kernel ended it: there is no exit status")
	case r.Exit == "0":
		add("exit", "0", "the process ended as if all were well")
	case r.Exit == "2" && r.StderrTraceback:
		add("exit", "2", "what the runtime exits with after a traceback")
	default:
		add("exit", string(r.Exit), "")
	}
	switch {
	case r.Recovered == nil:
		add("recovered", "-", "under a deferred recover there was nothing to catch")
	case *r.Recovered:
		add("recovered", "true", "a deferred recover in the same goroutine got "+orNil(r.Value))
	default:
		add("recovered", "false", "a deferred recover in the same goroutine did not stop it")
	}
	means := "no deferred call of the goroutine that called it ran"
	if r.Deferred {
		means = "a deferred call of the goroutine that called it ran before the end"
	}
	if r.Returned {
		means += "; the scenario's function had returned"
	}
	add("deferred", fmt.Sprint(r.Deferred), means)
	add("crash output", r.CrashOutput, crashOutputMeans(r))
	if r.StderrTraceback {
		add("traceback", "true", "a supervisor that reads standard error sees one")
	} else {
		add("traceback", "false", "a supervisor that reads standard error sees none")
	}
	means = "package crash finds what was declared by hand"
	if !r.Agrees() {
		means = "declared by hand is " + r.ExpectedClass + ": one of the two is wrong"
	}
	add("class", r.ClassifiedAs, means)
}

func orNil(value string) string {
	if value == "" {
		return "nil"
	}
	return value
}

func crashOutputMeans(r *labrun.Row) string {
	switch r.CrashOutput {
	case "trace":
		if n := len(r.Missing); n > 0 {
			return fmt.Sprintf("debug.SetCrashOutput got a traceback, without %s: %s", plural(n, "line"), r.Missing[0])
		}
		return "debug.SetCrashOutput got all of the traceback"
	case "text":
		return "debug.SetCrashOutput got text without a stack"
	case "empty":
		return "debug.SetCrashOutput got nothing"
	}
	return "this release, or this program, cannot set it"
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
