package server

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"testing"
	"time"

	"github.com/backstop-go/backstop/crash"
	"github.com/backstop-go/backstop/event"

	"github.com/backstop-go/backstop/cmd/backstop/internal/ingest"
)

// sized makes an event of about 2 kB (one goroutine) or 12 kB (and 40 others),
// one of as many issues as told.
func sized(n, issues, others int) event.Event {
	e := observe(event.Guard, int64(n), func(e *event.Event) {
		e.Report.Recovered = true
		g := &e.Report.Goroutines[0]
		g.Frames[0].Func = fmt.Sprintf("example.com/shop.Pay%d", n%issues)
		for i := range 12 {
			g.Frames = append(g.Frames, crash.Frame{Func: fmt.Sprintf("example.com/shop/internal/checkout.(*Service).step%d", i), File: "/src/shop/internal/checkout/service.go", Line: 100 + i})
		}
		for i := range others {
			e.Report.Goroutines = append(e.Report.Goroutines, crash.Goroutine{ID: int64(1000 + i), State: "chan receive", Frames: []crash.Frame{
				{Func: fmt.Sprintf("example.com/shop/internal/worker.(*Pool).run%d", i), File: "/src/shop/internal/worker/pool.go", Line: 40},
				{Func: "example.com/shop/internal/worker.(*Pool).Start", File: "/src/shop/internal/worker/pool.go", Line: 22},
			}})
		}
	})
	e.Process.PID = 1 + n%50
	return e
}

// BenchmarkIngest is a POST over loopback until it is durable: 64 clients, one
// event a request.
func BenchmarkIngest(b *testing.B) {
	for _, c := range []struct{ issues, others int }{{1, 0}, {1000, 0}, {1, 40}, {1000, 40}} {
		sample, err := json.Marshal(sized(0, c.issues, c.others))
		if err != nil {
			b.Fatal(err)
		}
		b.Run(fmt.Sprintf("issues=%d/bytes=%d", c.issues, len(sample)), func(b *testing.B) {
			a := start(b, Options{Logger: slog.New(slog.DiscardHandler)})
			client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}}
			bodies := make([][]byte, b.N)
			for i := range bodies {
				if bodies[i], err = json.Marshal(sized(i, c.issues, c.others)); err != nil {
					b.Fatal(err)
				}
			}
			next := make(chan []byte, len(bodies))
			for _, body := range bodies {
				next <- body
			}
			close(next)
			b.SetBytes(int64(len(sample)))
			b.SetParallelism(32) // times GOMAXPROCS
			b.ResetTimer()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					resp, err := client.Post(a.URL()+"/api/v1/events", "application/json", bytes.NewReader(<-next))
					if err != nil {
						b.Error(err)
						return
					}
					_, err = io.Copy(io.Discard, resp.Body)
					if err = errors.Join(err, resp.Body.Close()); err != nil {
						b.Error(err)
						return
					}
					if resp.StatusCode != http.StatusOK {
						b.Errorf("status %d", resp.StatusCode)
					}
				}
			})
			b.StopTimer()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
		})
	}
}

// BenchmarkCommit is the writer alone: decoded events to durable, in full
// batches.
func BenchmarkCommit(b *testing.B) {
	for _, c := range []struct{ issues, others int }{{1, 0}, {1000, 0}, {1000, 40}} {
		b.Run(fmt.Sprintf("issues=%d/goroutines=%d", c.issues, c.others+1), func(b *testing.B) {
			a := start(b, Options{Logger: slog.New(slog.DiscardHandler)})
			events := make([]event.Event, 0, batchEvents)
			n := 0
			for b.Loop() {
				b.StopTimer()
				events = events[:0]
				for range batchEvents {
					e := sized(n, c.issues, c.others)
					ingest.Normalise(&e, time.Now())
					events = append(events, e)
					n++
				}
				b.StartTimer()
				if _, err := a.pipeline.ingest(b.Context(), events, func() {}); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "events/s")
		})
	}
}
