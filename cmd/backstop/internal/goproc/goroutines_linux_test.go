package goproc

import (
	"fmt"
	"testing"

	"github.com/backstop-go/backstop/cmd/backstop/internal/tracee"
)

// BenchmarkGoroutines reads 100,000 parked goroutines of a stopped process.
func BenchmarkGoroutines(b *testing.B) {
	const count = 100_000
	for _, toolchain := range []string{"go1.21.13", "go1.27.0"} {
		b.Run(toolchain, func(b *testing.B) {
			process := tracee.Start(b, tracee.Build(b, toolchain, tracee.PIEStripped))
			process.Do(fmt.Sprintf("park %d 2", count))
			p, mem := stop(b, process)
			b.ReportAllocs()
			for b.Loop() {
				rt, err := p.Runtime(mem)
				if err != nil {
					b.Fatal(err)
				}
				n := 0
				for range rt.Goroutines() {
					n++
				}
				if n < count || len(rt.Problems) > 0 {
					b.Fatalf("%d goroutines, problems %q", n, rt.Problems)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/count, "ns/goroutine")
		})
	}
}
