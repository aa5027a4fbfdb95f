package safe_test

import (
	"context"
	"net/http"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/backstop-go/backstop/internal/crashtest"
	"github.com/backstop-go/backstop/safe"
)

func TestAfterFunc(t *testing.T) {
	got := reports(t)
	serving(func(r *http.Request) {
		safe.AfterFunc(context.WithoutCancel(r.Context()), 0, func(context.Context) { raise(errBoom) })
		safe.AfterFunc(r.Context(), time.Hour, func(context.Context) {}).Stop()
	})
	crashtest.Eventually(t, "the report", func() bool { return len(got()) == 1 })
	c := one(t, got(), "boom")
	wantTrace(t, c)
	wantTop(t, c, "raise")
	called := make(chan bool)
	safe.AfterFunc(hostile{context.Background()}, 0, func(ctx context.Context) { called <- ctx != nil })
	if !<-called {
		t.Error("called without a context")
	}
}

func TestAfterFuncMindsItsContext(t *testing.T) {
	called := make(chan string, 2)
	safe.AfterFunc(cancelled(), 0, func(context.Context) { called <- "cancelled" })
	// Of two timers that are due, the runtime runs the earlier one first.
	safe.AfterFunc(context.Background(), time.Millisecond, func(context.Context) { called <- "other" })
	if who := <-called; who != "other" {
		t.Errorf("the %s one was called", who)
	}
}

func TestEvery(t *testing.T) {
	got := reports(t)
	var n atomic.Int64
	var ticker *safe.Ticker
	serving(func(r *http.Request) {
		ticker = safe.Every(context.WithoutCancel(r.Context()), 0, func(context.Context) {
			switch n.Add(1) {
			case 2:
				raise(errBoom)
			case 4:
				runtime.Goexit()
			}
		})
	})
	crashtest.Eventually(t, "it goes on after a panic and Goexit", func() bool { return n.Load() > 6 })
	ticker.Stop()
	ticker.Stop()
	<-ticker.Done()
	stopped := n.Load()
	c := one(t, got(), "boom")
	wantTrace(t, c)
	wantTop(t, c, "raise")
	// Another one ticks three times: this one would have, too.
	var other atomic.Int64
	second := safe.Every(context.Background(), 0, func(context.Context) { other.Add(1) })
	defer second.Stop()
	crashtest.Eventually(t, "the other ticks", func() bool { return other.Load() >= 3 })
	if n.Load() != stopped {
		t.Errorf("%d calls after Stop", n.Load()-stopped)
	}
}

func TestEveryEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	var n atomic.Int64
	busy, release := make(chan struct{}), make(chan struct{})
	ticker := safe.Every(ctx, 0, func(context.Context) {
		if n.Add(1) == 1 {
			close(busy)
			<-release
		}
	})
	<-busy
	cancel()
	crashtest.Eventually(t, "it stops", func() bool { return safe.Stopped(ticker) })
	select {
	case <-ticker.Done():
		t.Error("done while a call is under way")
	default:
	}
	close(release)
	<-ticker.Done()
	if n.Load() != 1 {
		t.Errorf("%d calls, want 1", n.Load())
	}
	<-safe.Every(cancelled(), time.Hour, func(context.Context) {}).Done()
}
