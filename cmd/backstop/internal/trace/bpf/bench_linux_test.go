package bpf_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/backstop-go/backstop/cmd/backstop/internal/trace/bpf"
	"github.com/backstop-go/backstop/cmd/backstop/internal/tracee"
)

// watched are the ways to watch that the target's costs are measured under.
var watched = []struct {
	name     string
	attached bool
	rate     int
	noStacks bool
}{
	{name: "nobody"},
	{name: "every-stack", attached: true, rate: -1},
	{name: "every-value", attached: true, rate: -1, noStacks: true},
	{name: "20-a-second", attached: true},
}

// BenchmarkPanic is the CPU time in the traced program of a panic and its
// recovery, as getrusage there has it, at two depths: without probes, with a
// record of each with its stack, without stacks, and with the usual limit.
func BenchmarkPanic(b *testing.B) {
	exe := tracee.Private(b, tracee.Build(b, tracee.Toolchains[5], tracee.Stripped))
	for _, how := range watched {
		for _, depth := range []int{1, 50} {
			b.Run(fmt.Sprintf("%s/depth=%d", how.name, depth), func(b *testing.B) {
				p := tracee.Start(b, exe)
				var w *watch
				if how.attached {
					w = loadOnly(b, bpf.Options{Rate: how.rate, Ring: 256 << 20})
					w.discard = true
					w.read()
					to := target(b, exe)
					to.NoStacks = how.noStacks
					w.attach(to)
				}
				p.Do(fmt.Sprintf("storm 1000 %d", depth)) // stacks grow, pages come in
				b.ResetTimer()
				a := p.Do(fmt.Sprintf("storm %d %d", b.N, depth))
				b.StopTimer()
				b.ReportMetric(float64(a.CPU.Nanoseconds())/float64(b.N), "target-ns/op")
				if w != nil {
					l, err := w.Losses()
					if err != nil {
						b.Fatal(err)
					}
					b.ReportMetric(float64(l.Ring)/float64(2*b.N), "lost/op")
				}
			})
		}
	}
}

// BenchmarkStorm is panics as fast as a program can, a record of each, in a ring of the
// usual size: how many records find no room when a reader takes them out, and does
// nothing else. Counts are exact in any case.
func BenchmarkStorm(b *testing.B) {
	exe := tracee.Private(b, tracee.Build(b, tracee.Toolchains[5], tracee.Stripped))
	for _, depth := range []int{1, 50} {
		b.Run(fmt.Sprintf("depth=%d", depth), func(b *testing.B) {
			p := tracee.Start(b, exe)
			w := loadOnly(b, bpf.Options{Rate: -1})
			w.discard = true
			w.read()
			id := w.attach(target(b, exe))
			p.Do("storm 1 1") // pages come in
			b.ResetTimer()
			n := uint64(p.Do(fmt.Sprintf("storm %d %d", b.N, depth)).Count)
			b.StopTimer()
			sum := totals(b, w, id)
			for _, kind := range []bpf.Kind{bpf.Panic, bpf.Recover} {
				if c := sum[kind]; c.Seen != n+1 || c.Sent+c.Lost != n+1 {
					b.Errorf("%d panics, counted %+v", n+1, c)
				}
			}
			b.ReportMetric(float64(sum[bpf.Panic].Lost+sum[bpf.Recover].Lost)/float64(2*n), "lost/record")
			b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "panics/s")
		})
	}
}

// BenchmarkDefer is a deferred function with a recover that has nothing to do,
// which no probe is hit by.
func BenchmarkDefer(b *testing.B) {
	exe := tracee.Private(b, tracee.Build(b, tracee.Toolchains[5], tracee.Stripped))
	for _, how := range watched[:2] {
		b.Run(how.name, func(b *testing.B) {
			p := tracee.Start(b, exe)
			if how.attached {
				w := load(b, bpf.Options{Rate: how.rate})
				w.attach(target(b, exe))
			}
			p.Do("defers 1000")
			b.ResetTimer()
			a := p.Do(fmt.Sprintf("defers %d", b.N))
			b.ReportMetric(float64(a.CPU.Nanoseconds())/float64(b.N), "target-ns/op")
		})
	}
}

// BenchmarkAttach is what stands between a running program and its first record,
// once the executable is indexed and the programs are loaded.
func BenchmarkAttach(b *testing.B) {
	exe := tracee.Private(b, tracee.Build(b, tracee.Toolchains[5], tracee.Stripped))
	tracee.Start(b, exe)
	w := load(b, bpf.Options{})
	began := time.Now()
	to := target(b, exe)
	indexed := time.Since(began)
	for b.Loop() {
		id, err := w.Attach(to)
		if err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		if err := w.Detach(id); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
	}
	b.ReportMetric(float64(w.Took())/float64(time.Millisecond), "load-ms")
	b.ReportMetric(float64(indexed)/float64(time.Millisecond), "index-ms")
}
