// Package report makes reports for requests, in parallel.
//
// Incident #rend: Netflix/rend#91
package report

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"
)

type row struct{ cells []string }

type source interface {
	rows(ctx context.Context, q string) []row
}

type service struct {
	sources []source
	cache   map[string]*row
	mu      sync.Mutex
}

// New makes the service.
func New(list ...source) *service {
	return &service{sources: list, cache: make(map[string]*row)}
}

func (s *service) handle(w http.ResponseWriter, r *http.Request) {
	var wg sync.WaitGroup
	for _, src := range s.sources {
		wg.Go(func() { // FAULT handler-spawn|callback-unguarded #wggo dies: no query
			s.fill(r.Context(), src, r.FormValue("q"))
		})
	}
	wg.Wait()
	fmt.Fprint(w, len(s.cache))
}

func (s *service) fill(ctx context.Context, src source, q string) {
	if q == "" {
		panic("report: no query") // ALSO handler-panic: reached by requests
	}
	for _, r := range src.rows(ctx, q) {
		s.mu.Lock()
		s.cache[strings.Join(r.cells, " ")] = &r
		s.mu.Unlock()
	}
}

func (s *service) later(w http.ResponseWriter, r *http.Request) {
	s.refresh(r.FormValue("q"))
	w.WriteHeader(http.StatusAccepted)
}

func (s *service) refresh(q string) {
	go s.fill(context.Background(), s.sources[0], q) // FAULT handler-spawn #rend dies: no query
}

func (s *service) timed(w http.ResponseWriter, r *http.Request) {
	done := make(chan int, 1)
	go func() { // FINE handler-spawn: sleeps and sends
		time.Sleep(time.Millisecond)
		done <- http.StatusOK
	}()
	w.WriteHeader(<-done)
}

func (s *service) each(w http.ResponseWriter, r *http.Request) {
	for _, src := range s.sources {
		// ALSO handler-panic: panics without a query, and the server recovers
		s.fill(r.Context(), src, r.FormValue("q"))
	}
}

// Routes mounts all.
func (s *service) Routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /report", s.handle)
	mux.HandleFunc("POST /report", s.later)
	mux.HandleFunc("GET /timed", s.timed)
	mux.HandleFunc("GET /each", s.each)
	return mux
}
