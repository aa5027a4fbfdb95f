//go:build unix

package bench

import (
	"bytes"
	"errors"
	"io"
	"runtime"
	"syscall"
	"testing"

	"github.com/backstop-go/backstop/crash"
)

// streamSize is a traceback of some 2.5 million goroutines.
const streamSize = 1 << 30

// A repeater is the beginning of a dump, and its other goroutines over and over.
type repeater struct {
	rest, unit []byte
	left       int
}

func newRepeater(text []byte) *repeater {
	at := bytes.Index(text, []byte("\n\ngoroutine ")) + 2
	at += bytes.Index(text[at:], []byte("\n\ngoroutine ")) + 2
	return &repeater{rest: text[:at], unit: append(text[at:len(text):len(text)], '\n'), left: streamSize}
}

func (r *repeater) Read(p []byte) (int, error) {
	if len(r.rest) == 0 {
		if r.left <= 0 {
			return 0, io.EOF
		}
		r.rest = r.unit
	}
	n := copy(p, r.rest)
	r.rest = r.rest[n:]
	r.left -= n
	return n, nil
}

// BenchmarkStream reads a gigabyte of one crash with Next. Run it alone: peakMB
// is the most memory that this process ever had, the dump of 1,000 goroutines and
// the test binary included.
func BenchmarkStream(b *testing.B) {
	for _, c := range []struct {
		name     string
		parallel func(int, func(int))
	}{{"one", nil}, {"all", parallel}} {
		b.Run(c.name, func(b *testing.B) {
			text := dump(b, 900, "all")
			b.SetBytes(streamSize)
			before := cpu()
			n, goroutines := 0, 0
			for b.Loop() {
				r := crash.NewReader(newRepeater(text))
				r.Parallel = c.parallel
				report, err := r.Next()
				if err != nil {
					b.Fatal(err)
				}
				goroutines = report.GoroutineCount
				if _, err := r.Next(); !errors.Is(err, io.EOF) {
					b.Fatal("more than one crash: ", err)
				}
				n++
			}
			b.ReportMetric(streamSize*float64(n)/(cpu()-before).Seconds()/1e6, "cpuMB/s")
			b.ReportMetric(float64(goroutines), "goroutines")
			b.ReportMetric(peak(b)/1e6, "peakMB")
		})
	}
}

// peak returns the most memory this process ever had, in bytes.
func peak(b *testing.B) float64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	if runtime.GOOS == "darwin" {
		return float64(u.Maxrss)
	}
	return float64(u.Maxrss) * 1024
}
