//go:build provoke

package middleware

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
)

// Provoke has what makes each labelled line happen.
func Provoke() map[string]func() {
	return map[string]func(){
		"chi":       func() { passes(Recoverer(http.HandlerFunc(abort))) },
		"toolhive":  func() { passes(Proxy(slog.Default())(http.HandlerFunc(abort))) },
		"echo":      func() { passes(recovery{http.HandlerFunc(abort)}) },
		"chifixed":  func() { passes(Fixed(http.HandlerFunc(abort))) },
		"echofixed": func() { passes(FixedIs(http.HandlerFunc(abort))) },
		"counted":   func() { passes(Counted(func() {}, http.HandlerFunc(abort))) },
		"job":       func() { Job(context.Background(), func(context.Context) { panic("x") }) },
		"render":    func() { Render(func(*http.Request) string { panic("x") })(httptest.NewRecorder(), nil) },
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
