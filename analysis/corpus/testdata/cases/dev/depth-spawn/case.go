// Package spawn has guards in goroutines and deferred goroutines.
package spawn

import (
	"log"
	"runtime/debug"
)

func trap() {
	if v := recover(); v != nil {
		log.Printf("trapped %v\n%s", v, debug.Stack())
	}
}

// Async reports in the background so that the caller is not held up.
func Async(f func()) {
	defer func() {
		go trap() // FAULT recover-depth #async dies: async
	}()
	f()
}

type chain []func()

func (c chain) unwind() {
	for _, f := range c {
		f()
	}
}

// All undoes in order; the last is the guard.
func All(f func()) {
	c := chain{func() { log.Print("undo") }}
	defer func() {
		c.unwind()
		defer func() {
			trap() // FAULT recover-depth #all dies: all
		}()
	}()
	f()
}

type plugin struct{ name string }

func (p *plugin) trap() {
	if v := recover(); v != nil {
		log.Printf("%s %v\n%s", p.name, v, debug.Stack())
	}
}

type base struct{ *plugin }

// Call calls a plugin; the guard is promoted from the embedded type.
func (b base) Call(f func()) {
	defer b.trap() // FINE recover-depth #call: a promoted method is deferred itself
	f()
}

// Start starts a goroutine with its own guard.
func Start(f func(), done chan struct{}) {
	go func() {
		defer close(done)
		defer trap() // FINE recover-depth #start: deferred by the goroutine itself
		f()
	}()
	<-done
}

// Inner guards the cleanup only and lets the panic pass on purpose.
func Inner(f, cleanup func()) {
	defer func() {
		func() {
			defer trap() // FINE recover-depth #inner: guards cleanup, whose panic it recovers
			cleanup()
		}()
	}()
	f()
}
