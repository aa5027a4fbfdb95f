package goproc

import (
	"os"
	"testing"

	"github.com/backstop-go/backstop/cmd/backstop/internal/tracee"
)

// parkedStack returns a stack of some depth, in memory.
func parkedStack(tb testing.TB, name string) (*Program, Pieces, Registers) {
	tb.Helper()
	p, all := ask(tb, tracee.BuildFrom(tb, os.DirFS("testdata/stacks"), tracee.Toolchains[5], tracee.PIEStripped))
	for _, s := range all {
		if s.Name == name {
			return p, Pieces{{s.Spot.Stack, s.Stack}}, Registers{PC: s.Spot.PC, SP: s.Spot.SP, BP: s.Spot.BP}
		}
	}
	tb.Fatalf("no stack %s", name)
	return nil, nil, Registers{}
}

// TestAllocations: stacks of which all addresses are known cost no memory.
func TestAllocations(t *testing.T) {
	p, mem, from := parkedStack(t, "deep")
	u := NewUnwinder(p)
	frames, why := u.Append(nil, mem, from, nil, 0)
	if len(frames) < 300 || why != "" {
		t.Fatalf("%d frames: %s", len(frames), why)
	}
	n := testing.AllocsPerRun(100, func() { frames, _ = u.Append(frames[:0], mem, from, nil, 0) })
	if n > 4 { // of 300 frames; the memory is an interface, the function a closure
		t.Errorf("%v allocations", n)
	}
}

// BenchmarkUnwind unwinds stacks whose addresses are known, by frames.
func BenchmarkUnwind(b *testing.B) {
	for _, name := range []string{"goroutine", "deep"} {
		b.Run(name, func(b *testing.B) {
			p, mem, from := parkedStack(b, name)
			u := NewUnwinder(p)
			var frames []Frame
			for b.Loop() {
				frames, _ = u.Append(frames[:0], mem, from, nil, 0)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(frames)), "ns/frame")
			b.ReportAllocs()
		})
	}
	// A hundred thousand goroutines of a live process; their stacks are read.
	b.Run("live", func(b *testing.B) {
		process := tracee.Start(b, tracee.Build(b, tracee.Toolchains[5], tracee.PIEStripped))
		process.Do("park 100000 2")
		p, err := OpenProcess(process.PID)
		if err != nil {
			b.Fatal(err)
		}
		defer p.Close()
		rt, err := p.Runtime(p.Memory)
		if err != nil {
			b.Fatal(err)
		}
		var saved []Registers
		for g := range rt.Goroutines() {
			saved = append(saved, g.Regs)
		}
		n := 0
		for b.Loop() {
			u := NewUnwinder(p.Program)
			n = 0
			for _, from := range saved {
				u.Walk(p.Memory, from, nil, func(*Frame) bool { n++; return true })
			}
		}
		if n < 400_000 {
			b.Fatalf("%d goroutines, %d frames", len(saved), n)
		}
		b.ReportMetric(float64(n), "frames")
	})
}

// BenchmarkUnwindNew unwinds the first stack of a program: nothing is known.
func BenchmarkUnwindNew(b *testing.B) {
	p, mem, from := parkedStack(b, "panic")
	for b.Loop() {
		p.Unwind(mem, from, nil, 0)
	}
	b.ReportAllocs()
}
