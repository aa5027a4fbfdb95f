package registry

import (
	"context"
	"log"
	"net/http"
	"runtime/debug"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
)

type quiet struct{}

func (quiet) Do(ctx context.Context) { <-ctx.Done() }

// Nothing in it panics.
func g1(h *hub) { h.Add(quiet{}) }

type router struct{ routes map[string]func([]byte) error }

func (r *router) On(k string, f func([]byte) error) { r.routes[k] = f }
func (r *router) Serve(k string, b []byte) (err error) {
	if f := r.routes[k]; f != nil {
		err = f(b)
	}
	return err
}

// Who keeps it calls it in the goroutine of the caller.
func g2(r *router) { r.On("x", onX) }

type shielded struct {
	mu sync.Mutex
	ch chan func()
}

func newShielded() *shielded {
	s := &shielded{ch: make(chan func(), 10)}
	go s.loop()
	return s
}

func (s *shielded) loop() {
	for f := range s.ch {
		s.one(f)
	}
}

func (s *shielded) one(f func()) {
	defer func() {
		if r := recover(); r != nil {
			log.Printf("%v\n%s", r, debug.Stack())
		}
	}()
	f()
}

func (s *shielded) Submit(f func()) { s.ch <- f }

// The worker recovers.
func g3(s *shielded, r *refresher) { s.Submit(r.scan) }

// A guard in the literal.
func g4(ctx context.Context, r *refresher) error {
	g, _ := errgroup.WithContext(ctx)
	g.Go(func() (err error) {
		defer func() {
			if v := recover(); v != nil {
				log.Printf("%v\n%s", v, debug.Stack())
			}
		}()
		return r.all()
	})
	return g.Wait()
}

// They log and close.
func g5(srv *http.Server) {
	srv.RegisterOnShutdown(func() { log.Print("bye") })
	time.AfterFunc(time.Minute, func() { _ = srv.Close() })
}

// Nothing in it panics.
func g6(h *hub) {
	h.On("y", func(b []byte) error {
		log.Printf("%d", len(b))
		return nil
	})
}

type opt func(*hub)

func withHook(f func([]byte) error) opt { return func(h *hub) { h.hooks["z"] = f } }

// An option.
func g7() { _ = withHook(func(b []byte) error { return nil }) }
