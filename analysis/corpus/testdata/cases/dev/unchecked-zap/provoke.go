//go:build provoke

package logmw

import (
	"errors"
	"net/http"
	"net/http/httptest"
)

// Provoke has what makes each labelled line happen.
func Provoke() map[string]func() {
	return map[string]func(){
		"zap": func() {
			Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(errors.New("x")) })).ServeHTTP(httptest.NewRecorder(), nil)
		},
	}
}
