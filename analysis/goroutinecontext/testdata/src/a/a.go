package a

import (
	"context"
	"log"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

type service struct {
	ctx  context.Context
	quit chan struct{}
	stop atomic.Bool
	jobs chan int
	n    int
}

func poll() { log.Print("poll") }

// Findings.

func closure() {
	go func() { // want `nothing can tell this goroutine to stop: it has neither a context nor a channel that it receives from`
		for {
			poll()
			time.Sleep(time.Second)
		}
	}()
}

func named(s *service) {
	go forever() // want `nothing can tell this goroutine to stop`
	go s.count() // want `nothing can tell this goroutine to stop`
}

func forever() {
	for {
		poll()
	}
}

func (s *service) count() {
	for {
		s.n++
	}
}

func ticks() {
	t := time.NewTicker(time.Second)
	go func() { // want `nothing can tell this goroutine to stop`
		for range t.C { // stopping the ticker does not close its channel
			poll()
		}
	}()
}

func sends(out chan int) {
	go func() { // want `nothing can tell this goroutine to stop`
		out <- 1
	}()
}

// No findings.

func bound(ctx context.Context, s *service, l net.Listener, r *http.Request, wg *sync.WaitGroup) {
	go withContext(ctx)
	go func() {
		<-ctx.Done()
	}()
	go func() {
		for ctx.Err() == nil {
			poll()
		}
	}()
	go func() { // a channel that is closed
		for j := range s.jobs {
			log.Print(j)
		}
	}()
	go func() {
		for {
			select {
			case <-s.quit:
				return
			case <-time.After(time.Second):
				poll()
			}
		}
	}()
	go func() { // a flag
		for !s.stop.Load() {
			poll()
		}
	}()
	go func() { // a server that is closed
		log.Print(http.Serve(l, nil))
	}()
	go s.loop()
	go func() { // the context of the request
		log.Print(r.Context().Err())
	}()
	go func() {
		wg.Wait()
		close(s.quit)
	}()
}

func withContext(ctx context.Context) { <-ctx.Done() }

// In a function that it calls.
func (s *service) loop() {
	for s.next() {
		poll()
	}
}

func (s *service) next() bool {
	select {
	case <-s.ctx.Done():
		return false
	default:
		return true
	}
}

// What it runs is not known.
func unknown(f func()) {
	go f()
}
