//go:build provoke

package metrics

import (
	"net/http"
	"net/http/httptest"
)

// Provoke has what makes each labelled line happen.
func Provoke() map[string]func() {
	return map[string]func(){
		"answer": func() {
			w := httptest.NewRecorder()
			Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("x") })).ServeHTTP(w, nil)
			if w.Code != 500 {
				println("SHOWN")
			}
		},
		"probe": func() {
			if !Probe(func() { panic("x") }) {
				println("SHOWN")
			}
		},
		"gauge": func() { (&gauge{1}).Set(func() float64 { panic("x") }); println("SHOWN") },
		"flush": func() { Flush([]func(){func() { panic("x") }}); println("SHOWN") },
	}
}
