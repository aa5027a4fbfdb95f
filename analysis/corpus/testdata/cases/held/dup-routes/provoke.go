//go:build provoke

package routes

import (
	"net/http"
)

// Provoke has what makes each labelled line happen.
func Provoke() map[string]func() {
	return map[string]func(){
		"twice":    func() { Admin() },
		"clients":  func() { (&registry{http.NewServeMux()}).mount() },
		"flags":    func() { Flags("a") },
		"expvar":   func() { Publish() },
		"methods":  func() { Methods() },
		"two":      func() { Two() },
		"either":   func() { Either(true); Either(false) },
		"commands": func() { Commands() },
	}
}
