//go:build provoke

package steps

import (
	"io"
)

// Provoke has what makes each labelled line happen.
func Provoke() map[string]func() {
	return map[string]func(){
		"must":  func() { Must([]step{{"a", func() error { return io.EOF }}}) },
		"abort": func() { Abort(1) },
		"drain": func() { Drain(zero{}, nil) },
		"first": func() { First(nil) },
		"join":  func() { Join() },
		"again": func() { Again(func() {}) },
	}
}

type zero struct{}

func (zero) Read([]byte) (int, error) { return 0, nil }
