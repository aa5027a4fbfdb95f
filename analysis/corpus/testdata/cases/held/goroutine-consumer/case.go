// Package relay relays events of a broker.
//
// Incident #rend: Netflix/rend#91
// Incident #tick: sensu/sensu-go#2545
package relay

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"runtime/debug"
	"sync"
	"time"
)

// An Event is one event.
type Event struct {
	Kind string
	Data json.RawMessage
}

// A Broker relays.
type Broker struct {
	in   chan Event
	subs map[string]func(Event)
	mu   sync.Mutex
}

func (b *Broker) mustFind(kind string) func(Event) {
	b.mu.Lock()
	defer b.mu.Unlock()
	f, ok := b.subs[kind]
	if !ok {
		panic("relay: nobody wants " + kind)
	}
	return f
}

// Start relays in the background.
func (b *Broker) Start(ctx context.Context) {
	go b.loop(ctx) // FAULT goroutine-unguarded #rend dies: nobody wants
}

func (b *Broker) loop(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case e := <-b.in:
			b.mustFind(e.Kind)(e)
		}
	}
}

// Watch starts a monitor for a time to live that comes from a store.
func Watch(ctx context.Context, ttl time.Duration, check func()) {
	go func() { // FAULT goroutine-unguarded #tick dies: non-positive interval
		t := time.NewTicker(ttl)
		defer t.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-t.C:
				check()
			}
		}
	}()
}

func decode(raw []byte) Event {
	var e Event
	if err := json.Unmarshal(raw, &e); err != nil {
		panic(fmt.Errorf("relay: decode: %w", err))
	}
	return e
}

// Fan decodes and relays in parallel.
func (b *Broker) Fan(raws [][]byte) {
	var wg sync.WaitGroup
	for _, raw := range raws {
		wg.Go(func() { // FAULT goroutine-unguarded|callback-unguarded #fan dies: relay: decode
			b.in <- decode(raw)
		})
	}
	wg.Wait()
}

// StartGuarded has a guard.
func (b *Broker) StartGuarded(ctx context.Context, done chan<- struct{}) {
	go func() { // FINE goroutine-unguarded #guarded: guarded
		defer close(done)
		defer func() {
			if v := recover(); v != nil {
				log.Printf("relay: %v\n%s", v, debug.Stack())
			}
		}()
		b.loop(ctx)
	}()
}

// Stop waits and closes: nothing in it can panic.
func Stop(wg *sync.WaitGroup, done chan<- struct{}) {
	go func() { // FINE goroutine-unguarded #stop: waits and closes a channel of its own
		wg.Wait()
		close(done)
	}()
}

// Count counts numbers.
func Count(in []int) int {
	out := make(chan int, 1)
	go func() { // FINE goroutine-unguarded #count: arithmetic and one send
		n := 0
		for _, v := range in {
			n += v
		}
		out <- n
	}()
	return <-out
}

func safeGo(name string, f func()) {
	go func() { // FINE goroutine-unguarded: the wrapper guards
		defer func() {
			if v := recover(); v != nil {
				log.Printf("%s: %v\n%s", name, v, debug.Stack())
			}
		}()
		f()
	}()
}

// StartSafe uses the wrapper.
func (b *Broker) StartSafe(ctx context.Context) {
	safeGo("relay", func() { b.loop(ctx) }) // FINE goroutine-unguarded #safe: the wrapper guards
}

// New makes a broker.
func New(subs map[string]func(Event)) *Broker {
	return &Broker{in: make(chan Event), subs: subs}
}
