//go:build go1.23

package monitor

import (
	"context"
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/backstop-go/backstop/event"
	"github.com/backstop-go/backstop/internal/host"
)

func TestMain(m *testing.M) {
	if c, ok := Child(); ok {
		os.Exit(Run(c))
	}
	os.Exit(m.Run())
}

// BenchmarkStart is what the monitor's start costs its parent: the best of all
// rounds, by the clock and in processor time.
func BenchmarkStart(b *testing.B) {
	best, least := time.Hour, time.Hour
	for i := 0; i < b.N; i++ {
		c := Config{Event: event.Evidence{Service: "bench", Process: host.Self()}, SpoolDir: b.TempDir()}
		began, used := time.Now(), processorTime(b)
		m, err := Start(&c, nil)
		took, cpu := time.Since(began), processorTime(b)-used
		if err != nil {
			b.Fatal(err)
		}
		best, least = min(best, took), min(least, cpu)
		if err := m.Close(); err != nil {
			b.Fatal(err)
		}
		if err := m.Wait(context.Background()); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(best.Microseconds()), "min-us")
	b.ReportMetric(float64(least.Microseconds()), "min-cpu-us")
}

func processorTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
