//go:build provoke

package httpd

import (
	"net/http"
	"net/http/httptest"
)

// Provoke has what makes each labelled line happen.
func Provoke() map[string]func() {
	return map[string]func(){
		"recovery": func() {
			mux := http.NewServeMux()
			Serve(mux, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("query") }))
			mux.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/query", nil))
		},
		"logpanic": func() { Compact(nil, make(chan int)); select {} },
		"finish": func() {
			if _, err := Query(func() int { panic("x") }); err == nil {
				println("SHOWN")
			}
		},
	}
}
