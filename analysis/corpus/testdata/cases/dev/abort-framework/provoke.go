//go:build provoke

package router

import (
	"net/http"
	"net/http/httptest"
)

// Provoke has what makes each labelled line happen.
func Provoke() map[string]func() {
	return map[string]func(){
		"slog":        func() { passes(Chain(http.HandlerFunc(abort), Recovery(func(any, []byte) {}))) },
		"schau":       func() { passes(Problem(abort)) },
		"solace":      func() { passes(Observe(http.HandlerFunc(abort))) },
		"solacefixed": func() { passes(ObserveFixed(http.HandlerFunc(abort))) },
		"worker":      func() { c := make(chan func(), 1); c <- func() { panic("x") }; close(c); Worker(c) },
		"client":      func() { NewClient(nil).RoundTrip(nil) },
	}
}

func abort(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }
func passes(h http.Handler) {
	defer func() {
		if recover() != http.ErrAbortHandler {
			println("SHOWN")
		}
	}()
	h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil))
}
