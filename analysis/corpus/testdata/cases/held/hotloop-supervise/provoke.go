//go:build provoke

package supervise

import (
	"context"
	"io"
	"log"
	"time"
)

// Provoke has what makes each labelled line happen.
func Provoke() map[string]func() {
	return map[string]func(){
		"keep":  func() { log.SetOutput(io.Discard); Keep("a", func() { panic("x") }) },
		"again": func() { log.SetOutput(io.Discard); Again(func() { panic("x") }) },
		"keeppaced": func() {
			ctx, c := context.WithTimeout(context.Background(), 20*time.Millisecond)
			defer c()
			KeepPaced(ctx, "a", func() { panic("x") })
		},
		"keepbounded": func() { KeepBounded("a", func() { panic("x") }) },
		"items":       func() { Items([]int{1}, func(int) { panic("x") }) },
		"accept": func() {
			n := 0
			Accept(func() (int, error) {
				if n++; n > 2 {
					return 0, io.EOF
				}
				return n, nil
			}, func(int) { panic("x") })
		},
	}
}
