// Package web serves.
package web

import (
	"io"
	"log"
	"net/http"
	"net/http/httptest"
)

// Serve answers one request by calling f.
func Serve(f func()) {
	mux := http.NewServeMux()
	mux.Handle("/add", logging(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { add(w, r, f) })))
	server := httptest.NewServer(mux)
	defer server.Close()
	resp, err := http.Get(server.URL + "/add")
	if err != nil {
		log.Println("get:", err)
		return
	}
	_, _ = io.Copy(io.Discard, resp.Body)
	_ = resp.Body.Close()
}

//go:noinline
func add(w http.ResponseWriter, _ *http.Request, f func()) {
	f()
	w.WriteHeader(http.StatusNoContent)
}

// logging logs each request.
func logging(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(w, r)
	})
}
