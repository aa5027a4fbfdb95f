// Package ingest reads messages of clients.
package ingest

import (
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"runtime/debug"
	"strings"
	"time"
)

type message struct {
	Kind string
	Tags map[string]string
	Next *message
}

type worker struct {
	handlers map[string]func(*message) error
	current  *message
}

// Handle handles one line.
func (w *worker) Handle(line string) (err error) {
	// ALSO index-unchecked: the line may have no blank
	kind := strings.Split(line, " ")[1] // FAULT guard-late #handle panic: index out of range
	defer w.guard(&err)
	h, ok := w.handlers[kind]
	if !ok {
		return fmt.Errorf("no handler of %s", kind)
	}
	return h(&message{Kind: kind})
}

func (w *worker) guard(err *error) {
	if v := recover(); v != nil {
		*err = fmt.Errorf("ingest: %v\n%s", v, debug.Stack())
	}
}

// Next handles what follows.
func (w *worker) Next() (err error) {
	next := w.current.Next // FAULT guard-late #next panic: nil pointer dereference
	defer w.guard(&err)
	return w.handlers[next.Kind](next) // ALSO nil-func-go: there may be no such handler
}

// Callback is told before the guard stands.
func Callback(done func(int) error, n int) (err error) {
	if err := done(n); err != nil { // ALSO guard-late: a callback may panic, too
		return err
	}
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("ingest: %v\n%s", v, debug.Stack())
		}
	}()
	return done(n + 1)
}

// Timed takes the time and the length first.
func (w *worker) Timed(line string) (err error) {
	start, n := time.Now(), len(line) // FINE guard-late #timed: cannot panic
	defer w.guard(&err)
	log.Printf("%d bytes at %s", n, start)
	return w.handlers["x"](nil) // ALSO nil-func-go: there may be no such handler
}

// Json decodes first, which returns errors and does not panic.
func (w *worker) Json(line []byte) (err error) {
	var m message
	if err := json.Unmarshal(line, &m); err != nil { // FINE guard-late #json: returns an error
		return err
	}
	if m.Tags["skip"] != "" {
		return errors.New("skip")
	}
	defer w.guard(&err)
	return w.handlers[m.Kind](&m) // ALSO nil-func-go: there may be no such handler
}

// New makes a worker.
func New(handlers map[string]func(*message) error) *worker {
	return &worker{handlers: handlers, current: nil}
}

// Take takes a message.
func (w *worker) Take(m *message) { w.current = m }
