//go:build provoke

package metrics

import (
	"flag"
	"net/http"
)

// Provoke has what makes each labelled line happen.
func Provoke() map[string]func() {
	return map[string]func(){
		"debug":   func() { Debug(http.NewServeMux()) },
		"loop":    func() { Loop(http.NewServeMux(), []string{"a", "b"}) },
		"once":    func() { Once(); Once() },
		"command": func() { Command(flag.NewFlagSet("a", flag.ContinueOnError)) },
		"exact":   func() { Exact(http.NewServeMux()) },
		"wild":    func() { Wild(http.NewServeMux()) },
	}
}
