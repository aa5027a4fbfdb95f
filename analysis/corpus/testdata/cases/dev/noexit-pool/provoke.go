//go:build provoke

package pool

import (
	"context"
	"io"
	"net"
	"strings"
)

// Provoke has what makes each labelled line happen.
func Provoke() map[string]func() {
	return map[string]func(){
		"read":  func() { a, b := net.Pipe(); open(a).Read(func([]byte) {}); b.Close() },
		"label": func() { c := open(nil); c.Label(nil, nil); close(c.done) },
		"copy":  func() { Copy(io.Discard, strings.NewReader("a")) },
		"pause": func() { ctx, c := context.WithCancel(context.Background()); Pause(ctx, func() {}); c() },
	}
}
