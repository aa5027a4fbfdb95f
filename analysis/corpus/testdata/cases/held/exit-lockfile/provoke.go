//go:build provoke

package main

import (
	"os"
)

// Provoke has what makes each labelled line happen.
func Provoke() map[string]func() {
	return map[string]func(){
		"lock":  func() { watch(os.TempDir() + "/corpus.lock") },
		"flush": func() { record(os.DevNull, []string{""}) },
		"pid":   func() { (&daemon{os.DevNull}).run(func() int { return 3 }) },
	}
}
