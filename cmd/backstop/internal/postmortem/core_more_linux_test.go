//go:build amd64

package postmortem

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/fstest"

	"github.com/backstop-go/backstop/cmd/backstop/internal/postmortem/corefile"
	"github.com/backstop-go/backstop/cmd/backstop/internal/postmortem/locals"
	"github.com/backstop-go/backstop/cmd/backstop/internal/textview"
	"github.com/backstop-go/backstop/cmd/backstop/internal/tracee"
	"github.com/backstop-go/backstop/crash"
)

const newest = "go1.27.0"

// TestCoreOfSignalFromOutside: who ends a process from outside is told, and what it
// was doing.
func TestCoreOfSignalFromOutside(t *testing.T) {
	for _, toolchain := range []string{tracee.Toolchains[0], newest} {
		d := dumpSignalled(t, tracee.Build(t, toolchain, tracee.PIEStripped), "park 3;sleep 1", syscall.SIGQUIT)
		want, err := crash.Parse(bytes.NewReader(d.stderr))
		if err != nil {
			t.Fatal(err)
		}
		a := d.examine(t, CoreOptions{All: true})
		if a.Report.Class != want.Class || a.Report.Signal.Name != "SIGQUIT" || a.Report.Kind != crash.KindSignal {
			t.Errorf("%s: kind %s, class %s, signal %+v; the traceback says class %s", toolchain, a.Report.Kind, a.Report.Class, a.Report.Signal, want.Class)
		}
		if g, w := a.Report.CrashGoroutine(), want.CrashGoroutine(); g == nil || g.ID != w.ID || g.State != w.State {
			t.Errorf("%s: crashing goroutine %+v; the traceback says %+v", toolchain, g, w)
		}
		compareGoroutines(t, a.Report.Goroutines, want.Goroutines)
	}
}

const inC = `package main

/*
static int recurse(volatile int *p, int n) { return n == 0 ? (*p = 1) : recurse(p, n-1) + 1; }
static int die(void) { return recurse((volatile int *)8, 3); }
*/
import "C"
import "fmt"

func main() {
	wait := make(chan bool)
	go func() { <-wait }()
	enter()
}

//go:noinline
func enter() { fmt.Println(C.die()) }
`

// TestCoreOfDeathInC: the thread in C is shown with its registers and the file its
// code is of.
func TestCoreOfDeathInC(t *testing.T) {
	exe := tracee.BuildFrom(t, fstest.MapFS{"main.go": {Data: []byte(inC)}}, newest, tracee.Cgo)
	d := dumpCore(t, exe, "")
	want, err := crash.Parse(bytes.NewReader(d.stderr))
	if err != nil {
		t.Fatal(err)
	}
	a := d.examine(t, CoreOptions{})
	r := a.Report
	if r.Class != want.Class || !r.Signal.InCgo || r.Signal.Name != "SIGSEGV" || r.Signal.Addr != "0x8" || r.Signal.PC != want.Signal.PC {
		t.Errorf("class %s, signal %+v; the traceback says %s, %+v", r.Class, r.Signal, want.Class, want.Signal)
	}
	if f := r.FirstAppFrame(); f == nil || f.Func != "main._Cfunc_die" && f.Func != "main.enter" {
		t.Errorf("first frame of the application %+v", f)
	}
	first := a.Details.Threads[0]
	if first.Doing != "c" || !strings.HasPrefix(first.Code, "tracee+0x") && !strings.HasPrefix(first.Code, filepath.Base(exe)) || len(first.Registers) == 0 || first.Handling != "SIGSEGV" {
		t.Errorf("the thread that died: %+v", first)
	}
	var text bytes.Buffer
	if err := WriteCore(&text, a, textview.Options{}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"handling SIGSEGV", "rip    " + r.Signal.PC, "main.enter"} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("no %q in %s", want, &text)
		}
	}
}

// TestCoreOfSchedulerThrow: when the runtime gives up, what the scheduler was doing
// is shown.
func TestCoreOfSchedulerThrow(t *testing.T) {
	d := dumpCore(t, tracee.Build(t, newest, tracee.Stripped), "park 3;deadlock")
	a := d.examine(t, CoreOptions{})
	s := a.Details.Scheduler
	if !a.Details.RuntimeFault || s == nil || len(s.Processors) != 2 || len(s.Threads) < 2 {
		t.Fatalf("runtime fault %v, scheduler %+v", a.Details.RuntimeFault, s)
	}
	throwing := 0
	for _, m := range s.Threads {
		if m.Throwing == "user" {
			throwing++
		}
		if m.TID == 0 {
			t.Errorf("thread without a number: %+v", m)
		}
	}
	if throwing != 1 {
		t.Errorf("%d threads were throwing: %+v", throwing, s.Threads)
	}
	var text bytes.Buffer
	if err := WriteCore(&text, a, textview.Options{}); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(text.String(), "throwing (user)") || !strings.Contains(text.String(), "P0 ") {
		t.Errorf("the text has no scheduler: %s", &text)
	}
}

// TestCoreRefuses: what does not belong together is told, with a hint.
func TestCoreRefuses(t *testing.T) {
	exe := tracee.Build(t, newest, tracee.Default)
	d := dumpCore(t, exe, "die-string")
	missing := filepath.Join(t.TempDir(), "gone")
	for _, c := range []struct {
		name, core string
		o          CoreOptions
		want       string
	}{
		{"another release", d.core, CoreOptions{Executable: tracee.Build(t, tracee.Toolchains[0], tracee.Default)}, "is not what was running"},
		{"another mode", d.core, CoreOptions{Executable: tracee.Build(t, newest, tracee.Stripped)}, "is not what was running"},
		{"position-independent", d.core, CoreOptions{Executable: tracee.Build(t, newest, tracee.PIE)}, "is not what was running"},
		{"the core twice", d.core, CoreOptions{Executable: d.core}, "it is a core file"},
		{"the executable as a core", exe, CoreOptions{Executable: exe}, "an executable or a library"},
		{"no executable", d.core, CoreOptions{Sysroot: missing}, "no such file"},
		{"not Go", d.core, CoreOptions{Executable: "/bin/sh"}, "is not what was running"},
	} {
		core, err := OpenCore(c.core, c.o)
		if err == nil {
			core.Close() //nolint:errcheck // it was only read
		}
		var hint interface{ Hint() string }
		if err == nil || !strings.Contains(err.Error(), c.want) || !errors.As(err, &hint) || hint.Hint() == "" {
			t.Errorf("%s: %v, hint %v", c.name, err, hint)
		}
	}
	// Without a name the core tells.
	core, err := OpenCore(d.core, CoreOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer core.Close() //nolint:errcheck // it was only read
	if core.Executable != exe {
		t.Errorf("executable %s, not %s", core.Executable, exe)
	}
}

// TestCoreLocals: arguments and variables of each release, and none of a stripped
// executable.
func TestCoreLocals(t *testing.T) {
	for _, toolchain := range tracee.Toolchains {
		t.Run(toolchain, func(t *testing.T) {
			t.Parallel()
			d := dumpCore(t, tracee.Build(t, toolchain, tracee.Default), "die-deep password=hunter2")
			c, err := OpenCore(d.core, CoreOptions{Executable: d.exe})
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close() //nolint:errcheck // it was only read
			a, err := c.Examine(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			for raw, want := range map[bool]string{false: "[redacted]", true: "hunter2"} {
				c.options.Raw = raw
				if err := a.ReadLocals(c, 0, locals.Options{Frames: 400}); err != nil {
					t.Fatal(err)
				}
				frames := a.Details.Frames
				if len(frames) < 300 || frames[0].Func != "main.deep" || frames[3].Func != "main.deep" {
					t.Fatalf("%d frames, such as %+v", len(frames), frames[0])
				}
				if name := variableOf(frames, "name"); name != `"die-deep"` {
					t.Errorf("name of main.run is %q: %+v", name, frames[len(frames)-2:])
				}
				if args := variableOf(frames, "args"); !strings.Contains(args, want) {
					t.Errorf("raw %v: args %q without %q", raw, args, want)
				}
			}
		})
	}
	d := dumpCore(t, tracee.Build(t, newest, tracee.Stripped), "die-deep")
	if _, err := locals.Open(d.core, d.exe); !errors.Is(err, locals.ErrNoDebugInfo) {
		t.Errorf("of a stripped executable: %v", err)
	}
}

func variableOf(frames []locals.Frame, name string) string {
	for _, f := range frames {
		for _, v := range append(f.Args, f.Vars...) {
			if v.Name == name && v.Error == "" {
				return v.Value
			}
		}
	}
	return ""
}

// TestCoreRedacts: the panic and the command line are masked unless asked for.
func TestCoreRedacts(t *testing.T) {
	program := `package main

import "os"

func main() { panic("cannot log in with password=" + os.Getenv("SECRET")) }
`
	exe := tracee.BuildFrom(t, fstest.MapFS{"main.go": {Data: []byte(program)}}, newest, tracee.Stripped)
	d := dumpCore(t, exe, "", "SECRET=hunter2hunter2")
	for raw, want := range map[bool]bool{false: false, true: true} {
		a := d.examine(t, CoreOptions{Raw: raw})
		b, err := json.Marshal(a)
		if err != nil {
			t.Fatal(err)
		}
		var text bytes.Buffer
		if err := WriteCore(&text, a, textview.Options{All: true}); err != nil {
			t.Fatal(err)
		}
		for _, out := range []string{string(b), text.String(), a.Headline} {
			if strings.Contains(out, "hunter2") != want {
				t.Errorf("raw %v: %s", raw, out)
			}
		}
	}
}

// TestCoreCutOff: of a core that ends early what is there is shown, and what is
// missing is said.
func TestCoreCutOff(t *testing.T) {
	d := dumpCore(t, tracee.Build(t, newest, tracee.PIEStripped), "park 3;die-string")
	f, err := os.Open(d.core)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close() //nolint:errcheck // it was only read
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []int64{2, 8, 64, 1024} {
		size := info.Size() / part
		file, err := corefile.New(io.NewSectionReader(f, 0, size), size)
		if err != nil {
			t.Fatalf("of 1/%d: %v", part, err)
		}
		c, err := newCore(file, d.core, CoreOptions{Executable: d.exe})
		if err != nil {
			t.Fatalf("of 1/%d: %v", part, err)
		}
		a, err := c.Examine(t.Context())
		if err != nil {
			t.Fatalf("of 1/%d: %v", part, err)
		}
		if len(a.Details.Problems) == 0 || !strings.Contains(a.Details.Problems[0], "cut off") {
			t.Errorf("of 1/%d: problems %q", part, a.Details.Problems)
		}
		if len(a.Details.Threads) < 2 || a.Details.Process.PID == 0 {
			t.Errorf("of 1/%d: threads %+v", part, a.Details.Threads)
		}
	}
}

// A noisy file has some bytes changed.
type noisy struct {
	r     io.ReaderAt
	bytes map[int64]byte
}

func (n *noisy) ReadAt(p []byte, off int64) (int, error) {
	k, err := n.r.ReadAt(p, off)
	for at, b := range n.bytes {
		if at >= off && at < off+int64(k) {
			p[at-off] = b
		}
	}
	return k, err
}

// TestCoreDamage: no damage to a core makes it panic or hang. Half of the damage is
// to the notes and headers, the rest where the memory is.
func TestCoreDamage(t *testing.T) {
	d := dumpCore(t, tracee.Build(t, newest, tracee.PIEStripped), "park 3;die-nested")
	f, err := os.Open(d.core)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close() //nolint:errcheck // it was only read
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	used := written(t, f, info.Size())
	random := rand.New(rand.NewPCG(1, 2))
	opened := 0
	for range 150 {
		n := &noisy{f, make(map[int64]byte)}
		for range 1 + random.IntN(2000) {
			at := random.Int64N(16 << 10)
			if random.IntN(8) > 0 {
				block := used[random.IntN(len(used))]
				at = block + random.Int64N(pageBytes)
			}
			n.bytes[at] = byte(random.IntN(256))
		}
		file, err := corefile.New(n, info.Size())
		if err != nil {
			continue
		}
		c, err := newCore(file, d.core, CoreOptions{Executable: d.exe, All: true})
		if err != nil {
			continue
		}
		opened++
		if a, err := c.Examine(t.Context()); err == nil {
			if err := WriteCore(io.Discard, a, textview.Options{All: true}); err != nil {
				t.Error(err)
			}
		}
	}
	if opened < 10 {
		t.Errorf("%d of 150 damaged cores were opened: the damage is too great to tell anything", opened)
	}
}

const pageBytes = 4096

// written lists where a sparse file has bytes other than zero.
func written(t *testing.T, f io.ReaderAt, size int64) []int64 {
	t.Helper()
	var used []int64
	b := make([]byte, pageBytes)
	for at := int64(0); at < size; at += pageBytes {
		n, _ := f.ReadAt(b, at)
		if len(bytes.Trim(b[:n], "\x00")) > 0 {
			used = append(used, at)
		}
	}
	return used
}

// TestCoreValue: the value of the panic has its fields, also where the runtime has put
// the text of an error in its place.
func TestCoreValue(t *testing.T) {
	for _, toolchain := range tracee.Toolchains {
		t.Run(toolchain, func(t *testing.T) {
			t.Parallel()
			exe := tracee.Build(t, toolchain, tracee.PIEStripped)
			for death, want := range map[string]string{"die-custom": "*main.account Code 9 Msg", "die-struct": "main.point X 1 Y 2"} {
				v := dumpCore(t, exe, death).examine(t, CoreOptions{}).Details.Value
				if v == nil {
					t.Errorf("%s: no value", death)
					continue
				}
				got := v.Type
				for _, f := range v.Fields {
					got += " " + f.Name + " " + f.Value.Text
				}
				if !strings.HasPrefix(got, want) {
					t.Errorf("%s: %s, not %s: %+v", death, got, want, v)
				}
			}
		})
	}
}
