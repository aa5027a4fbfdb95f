package goproc

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/backstop-go/backstop/cmd/backstop/internal/tracee"
	"github.com/backstop-go/backstop/internal/gobin"
)

// A said is a stack as testdata/stacks has it: its memory, and what the runtime
// says of it.
type said struct {
	Name string
	Spot struct {
		PC, SP, BP   uint64
		OwnPC, OwnSP uint64
		G            uint64
		Stack        uint64
	}
	Stack []byte
	Calls []tracee.Frame
}

// ask runs the program and returns it and all that it said.
func ask(t testing.TB, exe string) (*Program, []said) {
	t.Helper()
	out, err := exec.Command(exe).Output()
	if err != nil {
		t.Fatal(err)
	}
	first, rest, _ := strings.Cut(string(out), "\n")
	p := program(t, exe, first)
	var all []said
	if err := json.Unmarshal([]byte(rest), &all); err != nil {
		t.Fatal(err)
	}
	if len(all) < 55 {
		t.Fatalf("only %d stacks", len(all))
	}
	return p, all
}

// program opens the executable; main is the address of main.main in the process.
func program(t testing.TB, exe, main string) *Program {
	t.Helper()
	f, err := gobin.Open(exe)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	funcs, err := f.Lookup("main.main")
	if err != nil {
		t.Fatal(err)
	}
	addr, err := strconv.ParseUint(main, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return &Program{File: f, Bias: addr - funcs[0].Entry}
}

// each runs a test with toolchains and ways to build; TestStacks of trace/bpf unwinds
// in all of them.
func each(t *testing.T, test func(t *testing.T, exe string)) {
	t.Helper()
	for _, v := range tracee.Sample(tracee.Modes...) {
		t.Run(v.Toolchain+"/"+string(v.Mode), func(t *testing.T) {
			test(t, tracee.BuildFrom(t, os.DirFS("testdata/stacks"), v.Toolchain, v.Mode))
		})
	}
}

// TestUnwind compares stacks, frame by frame, with what runtime.Callers says.
func TestUnwind(t *testing.T) {
	each(t, func(t *testing.T, exe string) {
		p, all := ask(t, exe)
		u := NewUnwinder(p)
		gaps := 0
		for _, s := range all {
			mem := Pieces{{s.Spot.Stack, s.Stack}}
			called := Registers{PC: s.Spot.PC, SP: s.Spot.SP, BP: s.Spot.BP}
			own := Registers{PC: s.Spot.OwnPC, SP: s.Spot.OwnSP, BP: s.Spot.BP, Trap: true}
			compare(t, s.Name, u.Unwind(mem, called, nil, 0), s.Calls)
			compare(t, s.Name+" from the first instruction", u.Unwind(mem, own, nil, 0), s.Calls)
			links := chain(s)
			for n := 128; n <= 2048; n += 128 {
				short := Pieces{{s.Spot.Stack, s.Stack[:min(n, len(s.Stack))]}}
				name := fmt.Sprintf("%s with %d bytes and links", s.Name, n)
				got := u.Unwind(short, called, links, 0)
				gaps += fill(t, name, &got, s.Calls)
				want := s.Calls
				if got.Why != "" && strings.HasPrefix(s.Name, "cgo") {
					// The chain of frame pointers leads into C.
					want, got.Why = want[:len(got.Visible())-2], ""
				}
				compare(t, name, got, want)
			}
		}
		if gaps == 0 || gaps > 100 {
			t.Errorf("%d calls were beyond the memory and not in the chain", gaps)
		}
	})
}

// fill puts into a stack what it says is missing: the caller of a function
// without a frame, which raised a signal.
func fill(t *testing.T, name string, s *Stack, want []tracee.Frame) (gaps int) {
	t.Helper()
	for i := 1; i < len(s.Frames); i++ {
		if !s.Frames[i].Gap {
			continue
		}
		gaps++
		before := len(Stack{Frames: s.Frames[:i]}.Visible()) - 2 // of note and what it called
		if !s.Frames[i-1].Trap || s.Why == "" || len(want) <= before {
			t.Fatalf("%s: %s; gap behind %+v", name, s.Why, s.Frames[i-1])
		}
		s.Why = ""
		missing := s.Frames[i-1]
		missing.Func, missing.File, missing.Line = want[before].Func, want[before].File, want[before].Line
		missing.SP, missing.CFA = s.Frames[i-1].CFA, s.Frames[i].SP
		s.Frames = slices.Insert(s.Frames, i, missing)
		i++
	}
	return gaps
}

// compare compares what stands below the functions that noted the stack.
func compare(t *testing.T, name string, got Stack, want []tracee.Frame) {
	t.Helper()
	frames := got.Visible()
	for len(frames) > 0 && frames[0].Func != "main.note" {
		frames = frames[1:]
	}
	var a, b strings.Builder
	for _, f := range frames[min(1, len(frames)):] {
		fmt.Fprintf(&a, "%s %s:%d\n", f.Func, f.File, f.Line)
	}
	for _, f := range want {
		fmt.Fprintf(&b, "%s %s:%d\n", f.Func, f.File, f.Line)
	}
	if a.String() != b.String() || got.Why != "" {
		t.Errorf("%s: %s\n%sthe runtime says\n%s", name, got.Why, a.String(), b.String())
	}
	sp := uint64(0)
	for _, f := range got.Frames {
		if f.SP < sp || f.CFA <= f.SP {
			t.Errorf("%s: %s from %#x to %#x", name, f.Func, f.SP, f.CFA)
		}
		sp = f.SP
	}
}

// chain walks the frame pointers of a stack, as a probe does.
func chain(s said) (links []Link) {
	for at := s.Spot.BP; at-s.Spot.Stack < uint64(len(s.Stack)-15); {
		b := s.Stack[at-s.Spot.Stack:]
		links = append(links, Link{at, binary.LittleEndian.Uint64(b[8:])})
		next := binary.LittleEndian.Uint64(b)
		if next <= at {
			break
		}
		at = next
	}
	return links
}
