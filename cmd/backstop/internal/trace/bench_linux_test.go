package trace_test

import (
	"fmt"
	"testing"

	"github.com/backstop-go/backstop/cmd/backstop/internal/tracee"
)

// BenchmarkStorm is panics as fast as a program can, all told (-rate 0): how many
// records find no room while the whole tracer reads, unwinds and tells them. The
// summary counts what the program counts in any case.
func BenchmarkStorm(b *testing.B) {
	exe := tracee.Private(b, tracee.Build(b, tracee.Toolchains[5], tracee.Stripped))
	for _, depth := range []int{1, 50} {
		b.Run(fmt.Sprintf("depth=%d", depth), func(b *testing.B) {
			p := tracee.Start(b, exe)
			s := start(b, ofPID(p.PID))
			s.ready()
			b.ResetTimer()
			n := uint64(p.Do(fmt.Sprintf("storm %d %d", b.N, depth)).Count)
			b.StopTimer()
			told := len(s.end())
			sum := s.summary
			if sum.Panics != n || sum.Recovered != n || !sum.Exact {
				b.Errorf("%d panics, the summary is %+v", n, sum)
			}
			b.ReportMetric(float64(sum.Losses.Ring)/float64(2*n), "lost/record")
			b.ReportMetric(float64(told)/float64(n), "told/panic")
			b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "panics/s")
		})
	}
}
