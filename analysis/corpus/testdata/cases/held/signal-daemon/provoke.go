//go:build provoke

package daemon

import (
	"context"
	"time"
)

// Provoke has what makes each labelled line happen.
func Provoke() map[string]func() {
	return map[string]func(){
		"buffered": func() {
			ctx, c := context.WithTimeout(context.Background(), 10*time.Millisecond)
			defer c()
			Buffered(ctx, func() {})
		},
		"start":  func() { Start() },
		"reset":  func() { Reset() },
		"ignore": func() { Ignore() },
	}
}
