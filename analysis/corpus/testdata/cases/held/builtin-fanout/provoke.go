//go:build provoke

package stream

import (
	"time"
)

// Provoke has what makes each labelled line happen.
func Provoke() map[string]func() {
	return map[string]func(){
		"offer":  func() { ch := make(chan int); close(ch); Distribute([]chan<- int{ch}, 1) },
		"accept": func() { l := &Listener{conns: make(chan int)}; l.Push(1); l.Shut(); time.Sleep(200 * time.Millisecond) },
		"try": func() {
			ch := make(chan int)
			close(ch)
			if Try(ch, 1) == nil {
				println("SHOWN")
			}
		},
	}
}
