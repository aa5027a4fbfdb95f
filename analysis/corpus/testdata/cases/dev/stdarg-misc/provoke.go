//go:build provoke

package misc

import (
	"net/http"
	"net/http/httptest"
)

// Provoke has what makes each labelled line happen.
func Provoke() map[string]func() {
	return map[string]func(){
		"period":      func() { Period(httptest.NewRequest("GET", "/", nil)) },
		"uint16":      func() { Uint16("") },
		"fields":      func() { Fields(1) },
		"share":       func() { Share(1, "0") },
		"handle":      func() { Handle(http.NewServeMux(), []string{"/"}, http.NotFoundHandler()) },
		"sum":         func() { Sum(nil, nil) },
		"uint16fixed": func() { Uint16Fixed("") },
		"fieldsfixed": func() { FieldsFixed(1) },
		"array":       func() { Array([8]byte{}) },
		"keep":        func() { Keep(nil) },
		"buffer":      func() { Buffer(nil) },
	}
}
