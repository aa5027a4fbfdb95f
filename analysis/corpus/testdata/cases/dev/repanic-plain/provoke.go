//go:build provoke

package tx

import (
	"runtime/debug"
	"strings"
)

// Provoke has what makes each labelled line happen.
func Provoke() map[string]func() {
	return map[string]func(){
		"do":       func() { Do(ok{}, func() error { return nil }) },
		"always":   func() { Always(ok{}, func() {}) },
		"end":      func() { unit{ok{}}.Run(func() {}) },
		"stored":   func() { defer lost(); Stored([]func(){original}) },
		"explicit": func() { Explicit(ok{}) },
	}
}

type ok struct{}

func (ok) Commit() error   { return nil }
func (ok) Rollback() error { return nil }

//go:noinline
func original() { panic("x") }

func lost() {
	recover()
	if !strings.Contains(string(debug.Stack()), "original") {
		println("SHOWN")
	}
}
