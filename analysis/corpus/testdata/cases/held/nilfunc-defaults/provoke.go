//go:build provoke

package async

import (
	"context"
)

// Provoke has what makes each labelled line happen.
func Provoke() map[string]func() {
	return map[string]func(){
		"finish":   func() { New().Finish(context.Background()) },
		"zero":     func() { Zero(context.Background()) },
		"unknown":  func() { Unknown() },
		"known":    func() { Known("unknown"); Known("known") },
		"branch":   func() { Branch(0) },
		"both":     func() { Both(0); Both(1) },
		"deferred": func() { Deferred(nil) },
		"bound":    func() { New().Bound() },
	}
}
