package bpf_test

import (
	"strings"
	"testing"

	"github.com/backstop-go/backstop/cmd/backstop/internal/goproc"
	"github.com/backstop-go/backstop/cmd/backstop/internal/trace/bpf"
	"github.com/backstop-go/backstop/cmd/backstop/internal/tracee"
	"github.com/backstop-go/backstop/internal/gobin"
)

// deaths are the ways to die: the records, the last of which is that of the death,
// the text in it, and a function on its stack.
var deaths = map[string]struct {
	records, text, fn string
	code              int64
	noGoroutine       bool
}{
	"die-string":    {records: "P U", text: "a text", fn: "main.run"},
	"die-error":     {records: "P U", text: "an error", fn: "main.run"},
	"die-custom":    {records: "P U", text: "account 9: crash", fn: "main.run"},
	"die-stringer":  {records: "P U", text: "shout loud", fn: "main.run"},
	"die-nil":       {records: "P U", fn: "main.leaf"},
	"die-nested":    {records: "P P U", text: "second", fn: "main.run"},
	"die-goroutine": {records: "P U", text: "in a goroutine", fn: "runtime.goexit"},
	"die-too-deep":  {records: "P I U", text: "not stopped by helper", fn: "main.run"},
	"unlock":        {records: "F", text: "sync: unlock of unlocked mutex", fn: "main.run"},
	"fault":         {records: "F", text: "fault", fn: "main.run"},
	"map-write":     {records: "F", text: "concurrent map writes", fn: "runtime.goexit"},
	"overflow":      {records: "F", text: "stack overflow", fn: "main.overflow"},
	"deadlock":      {records: "F", text: "all goroutines are asleep - deadlock!", noGoroutine: true},
	"exit":          {records: "X", code: 3, fn: "main.leave"},
	"abort":         {records: "S", code: 6},
}

// Each death is seen with its text and its stack, and nothing else is.
func TestDeaths(t *testing.T) {
	w := load(t, bpf.Options{})
	for i, toolchain := range tracee.Toolchains {
		mode := tracee.Modes[(i+1)%len(tracee.Modes)]
		t.Run(toolchain+"/"+string(mode), func(t *testing.T) {
			exe := tracee.Private(t, tracee.Build(t, toolchain, mode))
			w.attach(target(t, exe))
			for name := range deaths {
				if name == "deadlock" && mode == tracee.Cgo {
					continue // with cgo there is no deadlock detector
				}
				t.Run(name, func(t *testing.T) { die(t, w, exe, name) })
			}
		})
	}
	l, err := w.Losses()
	if err != nil || l != (bpf.Losses{}) {
		t.Errorf("lost %+v, %v", l, err)
	}
}

// die lets a program die and looks at the records.
func die(t *testing.T, w *watch, exe, name string) {
	t.Helper()
	want := deaths[name]
	p := tracee.Start(t, exe)
	p.Send(name)
	if err := p.Wait(); err == nil {
		t.Fatal("it lives")
	}
	all := w.await(len(strings.Fields(want.records)), ofProcess(p))
	if name == "map-write" { // several goroutines may notice
		all = all[:1]
	}
	if got := sequence(all); got != want.records {
		t.Fatalf("%s, not %s", got, want.records)
	}
	r := all[len(all)-1]
	if want.text != "" && !holds(t, exe, r, want.text) {
		t.Errorf("%q is not in its %d pieces", want.text, len(r.Stack))
	}
	if name == "die-nested" && len(r.Stack) < 4 { // the value, the stack, both panics at least
		t.Error("the first panic is not there")
	}
	if want.code != 0 && r.Code != want.code {
		t.Errorf("code %d", r.Code)
	}
	if (r.Goid == 0) != want.noGoroutine && r.Kind != bpf.SignalDeath {
		t.Errorf("goroutine %d", r.Goid)
	}
	if want.fn != "" {
		checkStack(t, exe, r, want.fn)
	}
}

// checkStack looks for a function on the stack of a record.
func checkStack(t *testing.T, exe string, r bpf.Record, fn string) {
	t.Helper()
	file, err := gobin.Open(exe)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close() //nolint:errcheck // it was read only
	p := goproc.Program{File: file, Bias: r.Bias}
	s := p.Unwind(r.Stack, r.Regs, r.Links, 0)
	if s.Why != "" && !r.Truncated {
		t.Errorf("the stack ends early: %s", s.Why)
	}
	names := make([]string, len(s.Frames))
	for i, f := range s.Frames {
		if names[i] = f.Func; f.Func == fn {
			return
		}
	}
	t.Errorf("%s is not on the stack: %v", fn, names[:min(len(names), 20)])
}
