//go:build provoke

package events

import (
	"context"
	"time"
)

// Provoke has what makes each labelled line happen.
func Provoke() map[string]func() {
	return map[string]func(){
		"remove": func() {
			s := &Server{add: make(chan string), remove: make(chan string, 1), done: make(chan struct{})}
			s.Shutdown()
			s.Leave("a")
		},
		"reader": func() {
			n := 0
			(&ui{make(chan int)}).run(func() (int, bool) {
				if n++; n > 1 {
					time.Sleep(20 * time.Millisecond)
				}
				return n, true
			})
			select {}
		},
		"opcodes": func() {
			stop := make(chan struct{})
			close(stop)
			for range Opcodes(func() bool { time.Sleep(20 * time.Millisecond); return true }, stop) {
			}
			select {}
		},
		"ticker": func() { Ticker(context.Background(), make(chan int), func() (int, bool) { return 0, false }) },
		"opcodesfixed": func() {
			stop := make(chan struct{})
			close(stop)
			for range OpcodesFixed(func() bool { return true }, stop) {
			}
		},
		"merge": func() {
			c := make(chan int)
			close(c)
			for range Merge(c) {
			}
		},
		"either": func() {
			<-Either(true)
			for range Either(false) {
			}
		},
		"both": func() { endBoth(make(chan int), make(chan int)) },
	}
}
