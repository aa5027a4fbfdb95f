//go:build provoke

package expr

import (
	"errors"
)

// Provoke has what makes each labelled line happen.
func Provoke() map[string]func() {
	return map[string]func(){
		"eval":     func() { eval(&node{args: []*node{{}}}) },
		"jsontype": func() { _ = new(jsonType).name() },
		"retry":    func() { (&retry{3}).do(func() error { return errors.New("x") }) },
		"cache":    func() { (&cache{map[string]int{}}).get("a") },
		"wrapped":  func() { (&wrapped{&wrapped{nopCloser{}}}).Close() },
		"add":      func() { new(counter).Add(1) },
	}
}

type nopCloser struct{}

func (nopCloser) Close() error { return nil }
