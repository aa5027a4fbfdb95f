//go:build provoke

package loader

import (
	"strings"
)

// Provoke has what makes each labelled line happen.
func Provoke() map[string]func() {
	return map[string]func(){
		"dtle":   func() { Parse(strings.NewReader(`[{"pattern":"("}]`)) },
		"format": func() { Parse(strings.NewReader(`[{"format":"{{"}]`)) },
		"proxy":  func() { Proxy(map[string]string{"X-Upstream": "%zz"}) },
		"fixed":  func() { ParseFixed(spec{Pattern: "("}) },
		"number": func() { Number(3) },
	}
}
