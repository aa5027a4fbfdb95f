//go:build provoke

package agent

import (
	"context"
)

// Provoke has what makes each labelled line happen.
func Provoke() map[string]func() {
	return map[string]func(){
		"disconnect":      func() { (&Client{stopRouter: make(chan struct{})}).Disconnect() },
		"loop":            func() { ctx, c := context.WithCancel(context.Background()); c(); Run(ctx, make(chan int)) },
		"publish":         func() { b := &Bus{in: make(chan string, 1)}; b.Close(); b.Publish("a") },
		"flush":           func() { Flush(nil) },
		"nil":             func() { Nil(1) },
		"disconnectfixed": func() { c := &Client{out: make(chan string)}; c.DisconnectFixed(); c.DisconnectFixed() },
		"loopfixed":       func() { ctx, c := context.WithCancel(context.Background()); c(); RunFixed(ctx, make(chan int)) },
		"publishfixed":    func() { b := &SafeBus{in: make(chan string, 1)}; b.Close(); b.Close(); b.Publish("a") },
		"quit": func() {
			b := &Quit{in: make(chan string), quit: make(chan struct{})}
			b.Close()
			b.Close()
			b.Publish("a")
		},
		"produce": func() {
			for range Produce(3) {
			}
		},
		"remake": func() { Remake(3) },
	}
}
