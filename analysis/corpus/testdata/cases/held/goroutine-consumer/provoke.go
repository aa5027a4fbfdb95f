//go:build provoke

package relay

import (
	"context"
	"sync"
	"time"
)

// Provoke has what makes each labelled line happen.
func Provoke() map[string]func() {
	return map[string]func(){
		"rend": func() { b := &Broker{in: make(chan Event)}; b.Start(context.Background()); b.in <- Event{}; select {} },
		"tick": func() { Watch(context.Background(), 0, func() {}); select {} },
		"fan":  func() { (&Broker{in: make(chan Event, 1)}).Fan([][]byte{[]byte("x")}) },
		"guarded": func() {
			b := &Broker{in: make(chan Event)}
			d := make(chan struct{})
			b.StartGuarded(context.Background(), d)
			b.in <- Event{}
			<-d
		},
		"stop":  func() { var wg sync.WaitGroup; d := make(chan struct{}); Stop(&wg, d); <-d },
		"count": func() { Count([]int{1}) },
		"safe": func() {
			b := &Broker{in: make(chan Event)}
			b.StartSafe(context.Background())
			b.in <- Event{}
			time.Sleep(50 * time.Millisecond)
		},
	}
}
