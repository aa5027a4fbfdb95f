//go:build provoke

package exec

import (
	"context"
)

// Provoke has what makes each labelled line happen.
func Provoke() map[string]func() {
	return map[string]func(){
		"agola": func() {
			e := &executor{}
			e.finish("a")
			if !e.mu.TryLock() {
				println("SHOWN")
			}
		},
		"oak": func() {
			e := &executor{init: true}
			e.start()
			if !e.mu.TryLock() {
				println("SHOWN")
			}
		},
		"nats": func() { (&executor{tasks: map[string]*task{"a": nil, "b": nil}}).all(context.Background()) },
		"all": func() {
			ctx, c := context.WithCancel(context.Background())
			c()
			e := &executor{tasks: map[string]*task{"a": nil}}
			e.all(ctx)
			e.mu.Lock()
		},
		"remove": func() { e := &executor{}; e.remove("a"); e.mu.Lock() },
		"each": func() {
			e := &executor{tasks: map[string]*task{"a": nil}}
			e.each(func(string) { e.mu.Lock(); e.mu.Unlock() })
		},
		"scoped": func() { e := &executor{tasks: map[string]*task{}}; e.scoped("a") },
	}
}
