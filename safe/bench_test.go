package safe_test

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/backstop-go/backstop/safe"
)

var work int

//go:noinline
func bare(context.Context) (int, error) { work++; return work, nil }

//go:noinline
func recovered(ctx context.Context) (int, error) {
	defer func() { recover() }()
	return bare(ctx)
}

func BenchmarkCall(b *testing.B) {
	ctx := context.Background()
	live, cancel := context.WithCancel(ctx)
	defer cancel()
	for name, f := range map[string]func() (int, error){
		"bare":             func() (int, error) { return bare(ctx) },
		"plain-recover":    func() (int, error) { return recovered(ctx) },
		"Call":             func() (int, error) { return safe.Call(ctx, "payment", bare) },
		"Call-cancellable": func() (int, error) { return safe.Call(live, "payment", bare) },
		"Check":            func() (int, error) { return safe.Check(bare(ctx)).From("payment") },
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for i := 0; i < b.N; i++ {
				if _, err := f(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkLimiter compares with a channel as a semaphore, which knows no weight
// and no order.
func BenchmarkLimiter(b *testing.B) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	task := func(context.Context) error { return nil }
	b.Run("channel", func(b *testing.B) {
		b.ReportAllocs()
		room := make(chan struct{}, 64)
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				select {
				case room <- struct{}{}:
				case <-ctx.Done():
				}
				if err := task(ctx); err != nil {
					b.Error(err)
				}
				<-room
			}
		})
	})
	b.Run("Limiter", func(b *testing.B) {
		b.ReportAllocs()
		l := safe.NewLimiter(safe.LimiterOptions{Capacity: 64})
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				if err := l.Run(ctx, safe.Task{Work: task}); err != nil {
					b.Error(err)
				}
			}
		})
	})
}

// BenchmarkPool compares with a goroutine for each task, and with workers that
// wait on a channel and tell a channel when they are done.
func BenchmarkPool(b *testing.B) {
	ctx := context.Background()
	b.Run("go", func(b *testing.B) {
		b.ReportAllocs()
		var wg sync.WaitGroup
		for i := 0; i < b.N; i++ {
			wg.Add(1)
			go func() {
				defer wg.Done()
				defer func() { recover() }()
			}()
		}
		wg.Wait()
	})
	b.Run("channel", func(b *testing.B) {
		b.ReportAllocs()
		type job struct {
			f    func(context.Context) error
			done chan error
		}
		queue := make(chan job, 4)
		for range 4 {
			go func() {
				for j := range queue {
					j.done <- j.f(ctx)
				}
			}()
		}
		for i := 0; i < b.N; i++ {
			queue <- job{func(context.Context) error { return nil }, make(chan error, 1)}
		}
		close(queue)
	})
	task := func(context.Context) error { return nil }
	b.Run("Pool", func(b *testing.B) {
		b.ReportAllocs()
		p := safe.NewPool(safe.PoolOptions{Workers: 4})
		for i := 0; i < b.N; i++ {
			if _, err := p.Submit(ctx, task); err != nil {
				b.Fatal(err)
			}
		}
		if err := p.Wait(ctx); err != nil {
			b.Fatal(err)
		}
	})
	b.Run("Pool-and-wait", func(b *testing.B) {
		b.ReportAllocs()
		p := safe.NewPool(safe.PoolOptions{Workers: 4})
		for i := 0; i < b.N; i++ {
			job, err := p.Submit(ctx, task)
			if err != nil || job.Wait(ctx) != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkChildren(b *testing.B) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	b.ReportAllocs()
	for i := 0; i < b.N; i++ {
		kids := safe.NewChildren(ctx)
		kids.Go(func(context.Context) error { return nil })
		if err := kids.Wait(ctx); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkTransport(b *testing.B) {
	rt := safe.Transport(roundTripper(func(*http.Request) (*http.Response, error) { return nil, nil }))
	for name, r := range map[string]*http.Request{
		"no-body":   request(context.Background(), b, "http://stock.example/x", nil),
		"in-memory": request(context.Background(), b, "http://stock.example/x", strings.NewReader("hello")),
		"stream":    request(context.Background(), b, "http://stock.example/x", &body{read: eof}),
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for i := 0; i < b.N; i++ {
				rt.RoundTrip(r) //nolint:errcheck // there is none
			}
		})
	}
}
