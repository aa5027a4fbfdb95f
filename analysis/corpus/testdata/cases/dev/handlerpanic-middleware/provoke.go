//go:build provoke

package web

import (
	"net/http/httptest"
)

// Provoke has what makes each labelled line happen.
func Provoke() map[string]func() {
	return map[string]func(){
		"deadline": func() {
			Deadline("X-Deadline", nil).ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil))
		},
		"unreachable": func() { (&route{}).ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil)) },
	}
}
