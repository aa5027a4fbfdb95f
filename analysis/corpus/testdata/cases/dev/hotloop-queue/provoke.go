//go:build provoke

package queue

import (
	"context"
	"io"
	"log"
	"time"
)

// Provoke has what makes each labelled line happen.
func Provoke() map[string]func() {
	return map[string]func(){
		"forever": func() { log.SetOutput(io.Discard); (&Queue{next: func() (string, bool) { panic("x") }}).Forever() },
		"worker":  func() { log.SetOutput(io.Discard); (&Queue{next: func() (string, bool) { panic("x") }}).Start() },
		"spin":    func() { log.SetOutput(io.Discard); Spin(context.Background(), func() { panic("x") }) },
		"pacedtimer": func() {
			ctx, c := context.WithTimeout(context.Background(), 50*time.Millisecond)
			defer c()
			(&Queue{next: func() (string, bool) { panic("x") }}).Paced(ctx)
		},
		"fed": func() {
			q := &Queue{mails: make(chan string, 2), send: func(string) { panic("x") }}
			q.mails <- "a"
			close(q.mails)
			q.Fed()
		},
		"tries": func() { (&Queue{next: func() (string, bool) { panic("x") }}).Tries() },
		"ticked": func() {
			ctx, c := context.WithTimeout(context.Background(), 50*time.Millisecond)
			defer c()
			(&Queue{next: func() (string, bool) { panic("x") }}).Ticked(ctx)
		},
		"backoff": func() {
			ctx, c := context.WithTimeout(context.Background(), 50*time.Millisecond)
			defer c()
			Backoff(ctx, func() { panic("x") })
		},
	}
}
