//go:build provoke

package api

import (
	"net/http/httptest"
)

// Provoke has what makes each labelled line happen.
func Provoke() map[string]func() {
	return map[string]func(){
		"parse": func() {
			New(&store{}, "a").ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/items/x", nil))
		},
		"mustitem": func() {
			New(&store{}, "a").ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/items/1/price", nil))
		},
		"body": func() {
			New(&store{}, "a").ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("POST", "/items", nil))
		},
	}
}
