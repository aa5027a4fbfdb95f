package bpf_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/backstop-go/backstop/cmd/backstop/internal/goproc"
	"github.com/backstop-go/backstop/cmd/backstop/internal/trace/bpf"
	"github.com/backstop-go/backstop/cmd/backstop/internal/tracee"
	"github.com/backstop-go/backstop/internal/gobin"
)

// unseen is how many panics of a shape no deferred function sees, because
// another one replaced them.
var unseen = map[string]int{"nested": 1}

// deepest is how many frames of a stack are sure to be there: those in the copied
// part, and the links behind it.
const deepest = 512

// Stacks of each toolchain and mode are those that the program has itself, from
// runtime.Callers, frame by frame.
func TestStacks(t *testing.T) {
	w := load(t, bpf.Options{Rate: -1, Ring: 32 << 20})
	stacks := 0
	for _, toolchain := range tracee.Toolchains {
		for _, mode := range tracee.Modes {
			t.Run(toolchain+"/"+string(mode), func(t *testing.T) {
				exe := tracee.Private(t, tracee.BuildSmall(t, toolchain, mode))
				id := w.attach(target(t, exe))
				defer func() {
					if err := w.Detach(id); err != nil {
						t.Error(err)
					}
				}()
				p := tracee.Start(t, exe)
				var want []tracee.Panic
				shape := map[int]string{} // of each panic
				missing := 0
				for _, name := range p.Shapes() {
					seen := p.Do(name).Panics
					if name == "inner-recovered" { // the outer one began first
						slices.Reverse(seen)
					}
					for _, panicked := range seen {
						shape[len(want)] = name
						want = append(want, panicked)
					}
					missing += unseen[name]
				}
				got := w.await(len(want)+missing, func(r bpf.Record) bool { return ofProcess(p)(r) && r.Kind == bpf.Panic })
				if len(got) != len(want)+missing {
					t.Fatalf("%d panics, the program saw %d and missed %d", len(got), len(want), missing)
				}
				file, err := gobin.Open(exe)
				if err != nil {
					t.Fatal(err)
				}
				defer file.Close() //nolint:errcheck // it was read only
				for i, panicked := range want {
					for unseen := unseen[shape[i]]; unseen > 0; unseen-- {
						got = got[1:]
					}
					compareStack(t, shape[i], file, got[0], panicked)
					if shape[i] == "labels" {
						checkLabels(t, file, got[0])
					}
					got = got[1:]
					stacks++
				}
			})
		}
	}
	t.Logf("%d stacks compared", stacks)
}

// compareStack compares what a record knows of a panic with what the program says.
func compareStack(t *testing.T, shape string, file *gobin.File, r bpf.Record, want tracee.Panic) {
	t.Helper()
	p := goproc.Program{File: file, Bias: r.Bias}
	s := p.Unwind(r.Stack, r.Regs, r.Links, 0)
	all := s.Visible()
	if len(all) == 0 || all[0].Func != "runtime.gopanic" {
		t.Errorf("%s: the stack begins with %+v; %s", shape, all[:min(len(all), 1)], s.Why)
		return
	}
	got := make([]tracee.Frame, 0, len(all))
	for _, f := range all[1:] {
		got = append(got, tracee.Frame{Func: f.Func, File: f.File, Line: f.Line})
	}
	expected := want.Stack
	if r.Truncated {
		if len(got) < deepest {
			t.Errorf("%s: %d frames of %d", shape, len(got), len(expected))
		}
		expected = expected[:min(len(got), len(expected))]
	} else if s.Why != "" {
		t.Errorf("%s: %s", shape, s.Why)
	}
	if a, b := print(got), print(expected); a != b {
		t.Errorf("%s: the stack is\n%sand not\n%s", shape, a, b)
	}
	if r.Goid != want.Goid {
		t.Errorf("%s: goroutine %d, not %d", shape, r.Goid, want.Goid)
	}
}

func print(frames []tracee.Frame) string {
	var b strings.Builder
	for _, f := range frames {
		fmt.Fprintf(&b, "%s %s:%d\n", f.Func, f.File, f.Line)
	}
	return b.String()
}

// checkLabels compares the labels that the probe has copied.
func checkLabels(t *testing.T, file *gobin.File, r bpf.Record) {
	t.Helper()
	l, err := goproc.LayoutOf(file)
	if err != nil {
		t.Fatal(err)
	}
	p := goproc.Program{File: file, Bias: r.Bias, Layout: l}
	got, err := p.Labels(memory{r, file}, r.LabelsAt)
	want := []goproc.Label{{Key: "route", Value: "/cart"}, {Key: "trace_id", Value: "4bf92f3577b34da6a3ce929d0e0e4736"}}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("labels %v, %v", got, err)
	}
}
