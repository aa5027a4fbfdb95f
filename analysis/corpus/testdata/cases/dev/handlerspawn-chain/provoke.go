//go:build provoke

package report

import (
	"net/http/httptest"
)

// Provoke has what makes each labelled line happen.
func Provoke() map[string]func() {
	return map[string]func(){
		"wggo": func() {
			New(nil).Routes().ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/report", nil))
		},
		"rend": func() {
			New(nil).Routes().ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("POST", "/report", nil))
			select {}
		},
	}
}
