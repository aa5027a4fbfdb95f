// Package watch calls back when something changed.
package watch

import (
	"errors"
	"log"
	"net/http"
	"path/filepath"
	"runtime/debug"
	"slices"
	"time"
)

type state struct {
	seen map[string]time.Time
	errs []error
}

func (s *state) changed(path string) {
	if s.seen == nil {
		s.seen = make(map[string]time.Time)
	}
	if filepath.Base(path) == "." {
		panic(errors.New("watch: no name"))
	}
	s.seen[path] = time.Now()
}

// Debounce calls changed when it has been quiet.
func (s *state) Debounce(path string, wait time.Duration) func() {
	var t *time.Timer
	return func() {
		if t != nil {
			t.Stop()
		}
		t = time.AfterFunc(wait, func() { s.changed(path) }) // FAULT callback-unguarded #debounce dies: no name
	}
}

// Server logs connections.
func (s *state) Server(addr string) *http.Server {
	srv := &http.Server{Addr: addr}
	srv.RegisterOnShutdown(func() { // FAULT callback-unguarded #shutdown dies: no name
		for p := range s.seen {
			s.changed(p)
		}
	})
	return srv
}

// Quiet logs what the callback panics with.
func (s *state) Quiet(path string, wait time.Duration) *time.Timer {
	return time.AfterFunc(wait, func() { // FINE callback-unguarded #quiet: guarded
		defer func() {
			if v := recover(); v != nil {
				log.Printf("watch %s: %v\n%s", path, v, debug.Stack())
			}
		}()
		s.changed(path)
	})
}

// Mark only sends.
func Mark(wait time.Duration) <-chan struct{} {
	c := make(chan struct{}, 1)
	time.AfterFunc(wait, func() { // FINE callback-unguarded #mark: a send on a channel nobody closes
		select {
		case c <- struct{}{}:
		default:
		}
	})
	return c
}

// Drop removes in place.
func (s *state) Drop(paths []string) []string {
	return slices.DeleteFunc(paths, func(p string) bool { // FINE callback-unguarded #drop: called in place
		s.changed(p)
		return true
	})
}
