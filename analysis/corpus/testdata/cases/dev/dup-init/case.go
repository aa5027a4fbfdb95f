// Package metrics registers what it counts when the service starts.
package metrics

import (
	"expvar"
	"flag"
	"net/http"
	"sync"

	"corpus.test/dev/dup-init/registry"
)

const requests = "metrics_requests"

// Counters registers counters with the registry of the process, each in its way.
func Counters() {
	registry.MustRegister(registry.NewCounter(requests))
	registry.MustRegister(registry.NewCounter("metrics_errors"))
}

// Debug mounts the handlers of the debugger on a mux of its own.
func Debug(mux *http.ServeMux) {
	for _, p := range []string{"/debug/a", "/debug/b"} {
		mux.HandleFunc(p, serve) // FINE dup-registration #debug: another path each round
	}
}

func serve(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) }

// Loop mounts the same path in each round.
func Loop(mux *http.ServeMux, names []string) {
	for range names {
		mux.HandleFunc("/loop", serve) // FAULT dup-registration #loop panic: conflicts with pattern
	}
}

var once sync.Once

// Once publishes once.
func Once() {
	once.Do(func() {
		expvar.NewInt("metrics_once") // FINE dup-registration #once: once
	})
}

// Command defines flags of a command, twice by a slip.
func Command(fs *flag.FlagSet) {
	var addr, listen string
	fs.StringVar(&addr, "addr", ":80", "")
	fs.StringVar(&listen, "addr", ":81", "") // FAULT dup-registration #command panic: flag redefined: addr
	fs.Parse(nil)
}

// Exact and subtree are two patterns.
func Exact(mux *http.ServeMux) {
	mux.HandleFunc("/files", serve)
	mux.HandleFunc("/files/", serve)    // FINE dup-registration #exact: the subtree is another pattern
	mux.HandleFunc("/files/{$}", serve) // FINE dup-registration #exact: the exact end is another pattern
	mux.HandleFunc("GET /files", serve) // FINE dup-registration #exact: more special than the first
}

// Wild mounts one pattern under two names of its wildcard.
func Wild(mux *http.ServeMux) {
	mux.HandleFunc("/items/{id}", serve)
	mux.HandleFunc("/items/{name}", serve) // FAULT dup-registration #wild panic: conflicts with pattern
}
