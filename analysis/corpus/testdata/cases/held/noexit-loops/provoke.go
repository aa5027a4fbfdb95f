//go:build provoke

package loops

import (
	"context"
	"io"
	"time"
)

// Provoke has what makes each labelled line happen.
func Provoke() map[string]func() {
	return map[string]func(){
		"openfixed": func() { OpenFixed(time.Millisecond, func() {}).Close() },
		"context":   func() { ctx, c := context.WithCancel(context.Background()); Context(ctx, func() {}); c() },
		"read":      func() { Read(func() (int, error) { return 0, io.EOF }, nil) },
		"range":     func() { c := make(chan int); Range(c, nil); close(c) },
	}
}
