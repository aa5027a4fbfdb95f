// Package web has a middleware that is made once and used often.
package web

import (
	"errors"
	"fmt"
	"log"
	"net/http"
	"runtime/debug"
	"time"
)

// Limit limits requests.
func Limit(n int, next http.Handler) http.Handler {
	if n <= 0 {
		panic("web: limit must be positive") // FINE handler-panic: when it is made
	}
	tokens := make(chan struct{}, n)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case tokens <- struct{}{}:
			defer func() { <-tokens }()
			next.ServeHTTP(w, r)
		default:
			http.Error(w, "busy", http.StatusServiceUnavailable)
		}
	})
}

// Deadline panics for each late request.
func Deadline(header string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		d, err := time.ParseDuration(r.Header.Get(header))
		if err != nil {
			panic(fmt.Errorf("web: %s: %w", header, err)) // FAULT handler-panic #deadline panic: web: X-Deadline
		}
		http.TimeoutHandler(next, d, "late").ServeHTTP(w, r)
	})
}

// Recover passes on what it cannot answer, after the headers are gone.
func Recover(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			v := recover()
			if v == nil {
				return
			}
			if err, ok := v.(error); ok && errors.Is(err, http.ErrAbortHandler) {
				panic(v) // FINE handler-panic: the sentinel
			}
			log.Printf("web: %v\n%s", v, debug.Stack())
			w.WriteHeader(http.StatusInternalServerError)
		}()
		next.ServeHTTP(w, r)
	})
}

type route struct{ allowed map[string]bool }

func (rt *route) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !rt.allowed[r.Method] {
		unreachable(r.Method) // ALT handler-panic #unreachable: the call in the handler
	}
	w.WriteHeader(http.StatusOK)
}

func unreachable(what string) {
	panic("web: unreachable: " + what) // FAULT handler-panic #unreachable panic: web: unreachable
}

// Route allows some methods.
func Route(methods ...string) http.Handler {
	rt := &route{allowed: make(map[string]bool)}
	for _, m := range methods {
		rt.allowed[m] = true
	}
	return rt
}
