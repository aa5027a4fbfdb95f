// Package subscriber acknowledges messages.
//
// Incident #commit: gofr-dev/gofr#3425
// Incident #reterr: perlin-network/life#103
package subscriber

import (
	"errors"
	"fmt"
	"log"
	"runtime/debug"
)

// A Message is one message.
type Message struct {
	ID        int
	Committed bool
}

// Receive handles a message, and commits it when the handler had no error.
func Receive(m *Message, handle func(*Message) error) {
	err := func() error {
		defer func() {
			recover() // FAULT recover-swallow #commit shown
		}()
		return handle(m)
	}()
	if err != nil {
		return
	}
	m.Committed = true
}

// Exec runs a program and returns what it said.
func Exec(run func() int) (int, error) {
	var failed error
	defer func() {
		if v := recover(); v != nil { // FAULT recover-swallow #reterr shown
			failed = fmt.Errorf("exec: %v\n%s", v, debug.Stack())
		}
	}()
	return run(), failed
}

// Drop ignores everything.
func Drop(list []func()) {
	for _, f := range list {
		func() {
			defer func() { _ = recover() }() // FAULT recover-swallow #drop shown
			f()
		}()
	}
}

// Named sets the named result.
func Named(m *Message, handle func(*Message) error) (err error) {
	defer func() {
		if v := recover(); v != nil { // FINE recover-swallow #named: the caller gets the panic as an error
			err = fmt.Errorf("handler: %v\n%s", v, debug.Stack())
		}
	}()
	return handle(m)
}

// Handed hands the panic to whoever waits.
func Handed(m *Message, handle func(*Message) error) error {
	failed := make(chan any, 1)
	go func() {
		defer func() { failed <- recover() }() // FINE recover-swallow #handed: handed over a channel
		_ = handle(m)
	}()
	if v := <-failed; v != nil {
		return fmt.Errorf("handler: %v", v)
	}
	return nil
}

var errStop = errors.New("stop")

// Walk uses a panic to leave a deep walk, and lets other panics pass.
func Walk(m *Message, visit func(*Message)) {
	defer func() {
		if v := recover(); v != nil && v != errStop { // FINE recover-swallow #walk: the sentinel is ours, others pass
			panic(v)
		}
	}()
	visit(m)
}

// Logged logs with the stack.
func Logged(m *Message, handle func(*Message) error) {
	defer func() {
		if v := recover(); v != nil { // FINE recover-swallow #logged: said in the log
			log.Printf("message %d: %v\n%s", m.ID, v, debug.Stack())
		}
	}()
	_ = handle(m)
}
