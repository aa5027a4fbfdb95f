// Package metrics counts requests, and panics.
package metrics

import (
	"expvar"
	"fmt"
	"net/http"
	"sync/atomic"
)

var (
	panics  atomic.Int64
	crashes = expvar.NewInt("corpus_handler_panics")
)

// Handler counts panics and answers 500.
func Handler(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			v := recover() // FINE recover-swallow #answer: counted, and the client gets an answer
			if v == nil {
				return
			}
			if v == http.ErrAbortHandler {
				panic(v)
			}
			crashes.Add(1)
			http.Error(w, fmt.Sprint(v), http.StatusInternalServerError)
		}()
		next.ServeHTTP(w, r)
	})
}

// Probe says whether f panics, which is what the caller asked.
func Probe(f func()) (panicked bool) {
	defer func() {
		panicked = recover() != nil // FINE recover-swallow #probe: that it panicked is the result
	}()
	f()
	return
}

type gauge struct{ value float64 }

// Set sets a gauge; a callback may panic.
func (g *gauge) Set(read func() float64) {
	defer func() {
		if recover() != nil { // FAULT recover-swallow #gauge shown
			g.value = 0
		}
	}()
	g.value = read()
}

func ignore() {
	recover() // FAULT recover-swallow #flush shown
}

// Flush flushes all sinks.
func Flush(sinks []func()) {
	for _, s := range sinks {
		flush(s)
	}
}

func flush(s func()) {
	defer ignore()
	s()
}
