//go:build unix

package bench

import (
	"bytes"
	"sync"
	"testing"

	"github.com/DataDog/gostackparse"
	"github.com/maruel/panicparse/v2/stack"

	"github.com/backstop-go/backstop/crash"
)

// A reader reads a dump and returns how many goroutines and frames it has seen.
type reader struct {
	name string
	read func(text []byte) (goroutines, frames int, err error)
}

var readers = []reader{
	{"linescan", func(text []byte) (int, int, error) {
		lines := 0
		for {
			i := bytes.IndexByte(text, '\n')
			if i < 0 {
				return lines, 0, nil
			}
			text = text[i+1:]
			lines++
		}
	}},
	{"crash", func(text []byte) (int, int, error) {
		r, err := crash.Parse(bytes.NewReader(text))
		if err != nil {
			return 0, 0, err
		}
		n := 0
		for i := range r.Goroutines {
			n += len(r.Goroutines[i].Frames)
		}
		return len(r.Goroutines), n, nil
	}},
	{"crash-next", func(text []byte) (int, int, error) {
		r, err := crash.NewReader(bytes.NewReader(text)).Next()
		if err != nil {
			return 0, 0, err
		}
		return r.GoroutineCount, 0, nil
	}},
	{"crash-parallel", func(text []byte) (int, int, error) {
		reader := crash.NewReader(bytes.NewReader(text))
		reader.Parallel = parallel
		r, err := reader.Parse()
		if err != nil {
			return 0, 0, err
		}
		return r.GoroutineCount, 0, nil
	}},
	{"crash-only", func(text []byte) (int, int, error) {
		reader := crash.NewReader(bytes.NewReader(text))
		reader.CrashOnly = true
		r, err := reader.Parse()
		if err != nil {
			return 0, 0, err
		}
		return r.GoroutineCount, 0, nil
	}},
	{"gostackparse", func(text []byte) (int, int, error) {
		gs, _ := gostackparse.Parse(bytes.NewReader(text))
		n := 0
		for _, g := range gs {
			n += len(g.Stack)
		}
		return len(gs), n, nil
	}},
	{"panicparse", func(text []byte) (int, int, error) {
		s, _, err := stack.ScanSnapshot(bytes.NewReader(text), &bytes.Buffer{}, &stack.Opts{})
		if s == nil {
			return 0, 0, err
		}
		n := 0
		for _, g := range s.Goroutines {
			n += len(g.Stack.Calls)
		}
		return len(s.Goroutines), n, nil
	}},
}

// parallel runs tasks on all processors.
func parallel(n int, task func(i int)) {
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() { task(i) })
	}
	wg.Wait()
}

func BenchmarkDump(b *testing.B) {
	for _, d := range dumps {
		for _, r := range readers {
			b.Run(d.name+"/"+r.name, func(b *testing.B) {
				text := dump(b, d.goroutines, d.traceback)
				b.SetBytes(int64(len(text)))
				b.ReportAllocs()
				var goroutines, frames int
				before := cpu()
				n := 0
				for b.Loop() {
					var err error
					if goroutines, frames, err = r.read(text); err != nil {
						b.Fatal(err)
					}
					n++
				}
				used := cpu() - before
				b.ReportMetric(float64(len(text))*float64(n)/used.Seconds()/1e6, "cpuMB/s")
				b.ReportMetric(float64(goroutines), "goroutines")
				b.ReportMetric(float64(frames), "frames")
			})
		}
	}
}
