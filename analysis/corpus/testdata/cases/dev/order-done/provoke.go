//go:build provoke

package order

import (
	"sync"
)

// Provoke has what makes each labelled line happen.
func Provoke() map[string]func() {
	return map[string]func(){
		"all": func() {
			if len(All([]func(){func() { panic("x") }})) == 0 {
				println("SHOWN")
			}
			println("SHOWN")
		},
		"one": func() {
			for range 50000 {
				if One(func() { panic("x") }) == nil {
					println("SHOWN")
					return
				}
			}
		},
		"ready": func() {
			for range 50000 {
				var r Result
				Ready(func() { panic("x") }, &r)
				r.mu.Lock()
				n := len(r.errs)
				r.mu.Unlock()
				if n == 0 {
					println("SHOWN")
					return
				}
			}
		},
		"right": func() {
			for range 100 {
				if len(Right([]func(){func() { panic("x") }})) == 0 {
					println("SHOWN")
				}
			}
		},
		"unlocks": func() {
			var mu sync.Mutex
			if Unlocks(&mu, func() { panic("x") }) == nil {
				println("SHOWN")
			}
			mu.Lock()
		},
		"only": func() { Only(func() { panic("x") }) },
	}
}
