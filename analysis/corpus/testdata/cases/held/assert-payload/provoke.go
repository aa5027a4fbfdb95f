//go:build provoke

package payload

import (
	"net/http/httptest"
	"strings"
)

// Provoke has what makes each labelled line happen.
func Provoke() map[string]func() {
	return map[string]func(){
		"chi":     func() { WhoAmI(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil)) },
		"hook":    func() { Hook(httptest.NewRecorder(), httptest.NewRequest("GET", "/", strings.NewReader("{}"))) },
		"hook2":   func() { Hook(httptest.NewRecorder(), httptest.NewRequest("GET", "/", strings.NewReader(`{"id":"a"}`))) },
		"olric":   func() { Result(&command{[]byte("null")}) },
		"reader":  func() { Reader(nil) },
		"flush":   func() { Flush(nil) },
		"numbers": func() { Numbers([]byte(`["a"]`)) },
		"boxed":   func() { Boxed(1) },
	}
}
