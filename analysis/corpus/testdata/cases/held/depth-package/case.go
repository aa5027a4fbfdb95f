// Package consumer reads messages with guards of another package.
//
// Incident #handle: golang/go#50512
package consumer

import (
	"sync"

	"corpus.test/held/depth-package/safe"
)

// A Message is one message.
type Message struct {
	Topic string
	Body  []byte
}

// Handle handles a message in its goroutine.
func Handle(m Message, handle func(Message), wg *sync.WaitGroup) {
	wg.Add(1)
	go func() {
		defer wg.Done()
		defer func() {
			if m.Topic != "" {
				safe.Catch(m.Topic) // FAULT recover-depth #handle dies: message
			}
		}()
		handle(m)
	}()
	wg.Wait()
}

type handler struct{ topic string }

func (h handler) cleanup() {
	safe.Catch(h.topic) // FAULT recover-depth #iface dies: message
}

type cleaner interface{ cleanup() }

// Each handles all messages.
func Each(list []Message, handle func(Message)) {
	var c cleaner = handler{"each"}
	for _, m := range list {
		func() {
			defer func() { c.cleanup() }()
			handle(m)
		}()
	}
}

// Good defers the guard.
func Good(m Message, handle func(Message)) {
	defer safe.Catch(m.Topic) // FINE recover-depth #good: deferred itself
	handle(m)
}

// Wrapped uses a function that makes the guarded function.
func Wrapped(m Message, handle func(Message)) {
	safe.Do(m.Topic, func() { handle(m) }) // FINE recover-depth #wrapped: Do defers the guard itself
}

// Deferred defers a closure made elsewhere.
func Deferred(m Message, handle func(Message)) {
	defer safe.Catcher(m.Topic)() // FINE recover-depth #deferred: the closure that comes back recovers itself
	handle(m)
}
