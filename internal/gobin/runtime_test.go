package gobin_test

import (
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/backstop-go/backstop/internal/crashtest"
	"github.com/backstop-go/backstop/internal/gobin"
)

// A said is a line that the program printed of an address.
type said struct {
	pc    uint64
	frame gobin.Frame
	entry uint64
}

// A told is what a program said.
type told struct {
	base   uint64
	text   uint64 // address and length of the literal
	length uint64
	stacks []stack
	pcs    []said
}

type stack struct {
	name    string
	returns []uint64
	frames  []said
}

func ask(t *testing.T, exe string, args ...string) told {
	t.Helper()
	var all told
	for _, line := range strings.Split(strings.TrimSpace(command(t, ".", nil, exe, args...)), "\n") {
		w := strings.Split(line, "\t")
		var last *stack
		if n := len(all.stacks); n > 0 {
			last = &all.stacks[n-1]
		}
		switch w[0] {
		case "base":
			all.base = hex(t, w[1])
		case "literal":
			all.text, all.length = hex(t, w[1]), hex(t, w[2])
		case "stack":
			all.stacks = append(all.stacks, stack{name: w[1]})
		case "return":
			last.returns = append(last.returns, hex(t, w[1]))
		case "frame":
			last.frames = append(last.frames, parseSaid(t, w))
		case "pc":
			all.pcs = append(all.pcs, parseSaid(t, w))
		default:
			t.Fatalf("the program said %q", line)
		}
	}
	return all
}

func parseSaid(t *testing.T, w []string) said {
	t.Helper()
	line, err := strconv.Atoi(w[4])
	if err != nil {
		t.Fatal(err)
	}
	start, err := strconv.Atoi(w[5])
	if err != nil {
		t.Fatal(err)
	}
	return said{hex(t, w[1]), gobin.Frame{Func: w[2], File: w[3], Line: line, StartLine: start}, hex(t, w[6])}
}

func hex(t *testing.T, s string) uint64 {
	t.Helper()
	n, err := strconv.ParseUint(s, 16, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// compare checks a file against what its own runtime says: the stacks of the
// cases, and the innermost call at addresses all over the text.
func compare(t *testing.T, exe string) {
	t.Helper()
	f := open(t, exe)
	mains, err := f.Lookup("main.main")
	if err != nil || len(mains) != 1 {
		t.Fatalf("main.main is %v, %v", mains, err)
	}
	start, end := f.Text()
	rel := func(pc uint64) string { return strconv.FormatInt(int64(pc-mains[0].Entry), 10) }
	all := ask(t, exe, rel(start), rel(end-1), "97")
	slide := all.base - mains[0].Entry
	if slide%4096 != 0 || slide != 0 && !f.PIE() {
		t.Fatalf("main.main is at %#x in the file and at %#x in the process", mains[0].Entry, all.base)
	}
	if len(all.stacks) < 12 || len(all.pcs) < 4000 {
		t.Fatalf("the program said %d stacks, %d addresses", len(all.stacks), len(all.pcs))
	}
	compareLiteral(t, f, all, slide)
	for _, s := range all.stacks {
		compareStack(t, f, s, slide)
	}
	inlined := 0
	for _, s := range all.pcs {
		inlined += comparePC(t, f, s, slide)
	}
	if inlined < 300 {
		t.Errorf("only %d addresses were in inlined calls", inlined)
	}
}

// compareLiteral finds a string of the process, with and without knowing where
// the process was loaded.
func compareLiteral(t *testing.T, f *gobin.File, all told, slide uint64) {
	t.Helper()
	const literal = "all that is left of a message is its address and length"
	if b, ok := f.ROData(all.text-slide, all.length); !ok || string(b) != literal {
		t.Errorf("literal at %#x is %q, %v", all.text-slide, b, ok)
	}
	if b, ok := f.ROData(all.text-slide, 1<<40); !ok || len(b) > 1<<16 || !strings.HasPrefix(string(b), literal) {
		t.Errorf("from the literal on there are %d bytes, %v", len(b), ok)
	}
	start, _ := f.Text()
	for _, addr := range []uint64{start, 1 << 63} {
		if b, ok := f.ROData(addr, 1); ok {
			t.Errorf("data at %#x is %q", addr, b)
		}
	}
	found, n := 0, 0
	f.ROCandidates(all.text, all.length, func(at uint64, b []byte) bool {
		n++
		if at == all.text-slide && string(b) == literal {
			found++
		}
		return true
	})
	if found != 1 || n != 1 && !f.PIE() || n > 1000 {
		t.Errorf("literal at %#x found %d times among %d candidates", all.text, found, n)
	}
}

// compareStack takes the calls at each return address together.
func compareStack(t *testing.T, f *gobin.File, s stack, slide uint64) {
	t.Helper()
	for i := 0; i < len(s.frames); {
		frames, err := f.Stack(s.returns[i] - 1 - slide)
		if err != nil {
			t.Errorf("stack %s: %#x: %v", s.name, s.returns[i], err)
			return
		}
		for _, got := range frames {
			if i == len(s.frames) {
				t.Errorf("stack %s: more calls than the runtime says: %v", s.name, got)
				return
			}
			want := s.frames[i].frame
			if got.Wrapper && got.Func != want.Func {
				continue
			}
			got.Inlined, got.Wrapper = false, false // the runtime does not say
			if got != want {
				t.Errorf("stack %s, call %d: %+v, the runtime says %+v", s.name, i, got, want)
			}
			i++
		}
	}
}

// comparePC checks one address and says whether it is in an inlined call.
func comparePC(t *testing.T, f *gobin.File, s said, slide uint64) (inlined int) {
	t.Helper()
	if s.entry == s.pc+1 {
		return 0 // the program asks for pc+1: the runtime took the next function
	}
	pc := s.pc - slide
	frames, err := f.Stack(pc)
	if err != nil {
		// Between functions and in C, the runtime knows a name at best.
		if s.frame.Line != 0 && s.frame.File != "?" {
			t.Errorf("%#x: %v, the runtime says %+v", pc, err, s.frame)
		}
		return 0
	}
	got := frames[0]
	if got.Inlined {
		inlined = 1
	}
	got.Inlined, got.Wrapper = false, false
	want := s.frame
	if want.Func == "" {
		// The runtime does not know the name at offset 0 (runtime/symtab.go,
		// funcname).
		want.Func = got.Func
	}
	if got != want {
		t.Errorf("%#x: %+v, the runtime says %+v", pc, got, want)
	}
	file, line, err := f.Position(pc)
	if err != nil || file != got.File || line != got.Line {
		t.Errorf("%#x: position %s:%d, %v; the stack says %+v", pc, file, line, err, got)
	}
	fn, err := f.FuncAt(pc)
	if err != nil || fn.Entry != s.entry-slide || fn.Name != frames[len(frames)-1].Func {
		t.Errorf("%#x: function %+v, %v; the runtime says %#x", pc, fn, err, s.entry-slide)
	}
	return inlined
}

// TestReleases compares an executable of each release with its runtime.
func TestReleases(t *testing.T) {
	for _, toolchain := range toolchains {
		t.Run(toolchain, func(t *testing.T) {
			need(t, toolchain)
			compare(t, build(t, toolchain, stripped))
			compare(t, build(t, toolchain, pieStripped))
		})
	}
}

// TestModes compares executables of the running toolchain, built in each way.
func TestModes(t *testing.T) {
	for _, m := range []mode{static, stripped, pie, pieStripped, external, externalPIE, trimmed, linux386} {
		t.Run(m.name, func(t *testing.T) {
			needMode(t, m)
			compare(t, build(t, current(), m))
		})
	}
}

// needMode skips a test where programs cannot be built or run in a mode.
func needMode(t *testing.T, m mode) {
	t.Helper()
	if m.name == linux386.name && runtime.GOOS+"/"+runtime.GOARCH != "linux/amd64" {
		t.Skip("it can run on linux/amd64 only")
	}
	if _, err := exec.LookPath("gcc"); err != nil && strings.HasPrefix(m.name, "external") {
		crashtest.Skip(t, "no C compiler: %v", err)
	}
}
