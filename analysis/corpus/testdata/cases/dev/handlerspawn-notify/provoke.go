//go:build provoke

package orders

import (
	"net/http/httptest"
	"strings"
	"time"
)

// Provoke has what makes each labelled line happen.
func Provoke() map[string]func() {
	return map[string]func(){
		"hello": func() {
			a := &api{}
			a.create(httptest.NewRecorder(), httptest.NewRequest("POST", "/", strings.NewReader("{}")))
			select {}
		},
		"grpc": func() {
			a := &api{}
			a.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("POST", "/", nil))
			select {}
		},
		"guarded": func() { a := &api{}; a.guarded(httptest.NewRecorder(), httptest.NewRequest("POST", "/", nil)) },
		"inline":  func() { a := &api{}; a.inline(httptest.NewRecorder(), httptest.NewRequest("POST", "/", nil)) },
		"safe": func() {
			a := &api{}
			a.safe(httptest.NewRecorder(), httptest.NewRequest("POST", "/", nil))
			time.Sleep(50 * time.Millisecond)
		},
	}
}
