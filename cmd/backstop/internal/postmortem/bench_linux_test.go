//go:build amd64

package postmortem_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/backstop-go/backstop/cmd/backstop/internal/postmortem"
	"github.com/backstop-go/backstop/cmd/backstop/internal/tracee"
)

// BenchmarkTake takes the state of a process with many goroutines: how long it
// stands still meanwhile, and how long all of it takes.
func BenchmarkTake(b *testing.B) {
	exe := tracee.Build(b, tracee.Toolchains[5], tracee.PIEStripped)
	for _, n := range []int{100, 10_000, 100_000} {
		b.Run(fmt.Sprintf("goroutines=%d", n), func(b *testing.B) {
			p := tracee.Start(b, exe)
			p.Do(fmt.Sprintf("park %d 4", n))
			stopped := time.Duration(0)
			for b.Loop() {
				s, err := postmortem.Take(context.Background(), p.PID, postmortem.Options{})
				if err != nil {
					b.Fatal(err)
				}
				if len(s.Goroutines) < n {
					b.Fatalf("%d goroutines of %d", len(s.Goroutines), n)
				}
				stopped += s.Stopped
			}
			b.ReportMetric(float64(stopped)/float64(time.Millisecond)/float64(b.N), "stopped-ms/op")
		})
	}
}
