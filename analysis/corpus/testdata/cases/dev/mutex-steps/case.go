// Package exec executes steps of a build.
//
// Incident #agola: agola-io/agola#117
// Incident #nats: nats-io/nats.go#1364
// Incident #oak: oakmound/oak#33
package exec

import (
	"context"
	"errors"
	"log"
	"sync"
)

type task struct{ done bool }

type executor struct {
	mu    sync.Mutex
	tasks map[string]*task
	init  bool
}

func (e *executor) finish(id string) {
	e.mu.Lock()
	t, ok := e.tasks[id]
	if !ok {
		return // FAULT mutex-misuse #agola shown
	}
	t.done = true
	e.mu.Unlock()
}

func (e *executor) start() {
	e.mu.Lock()
	if e.init {
		log.Print("started twice")
		return // FAULT mutex-misuse #oak shown
	}
	e.init = true
	e.mu.Unlock()
}

func (e *executor) all(ctx context.Context) error {
	for id := range e.tasks {
		e.mu.Lock() // ALT mutex-misuse #nats: in the next round
		if ctx.Err() != nil {
			e.mu.Unlock()
			return ctx.Err() // FINE mutex-misuse #all: unlocked above
		}
		if e.tasks[id] == nil {
			continue // FAULT mutex-misuse #nats hang
		}
		e.tasks[id].done = true
		e.mu.Unlock()
	}
	return nil
}

type counter struct {
	mu sync.Mutex
	n  int
}

// Add works on a copy of the lock.
func (c counter) Add() { // ALSO mutex-misuse: the copy of the lock guards nothing
	c.mu.Lock()
	defer c.mu.Unlock()
	c.n++
}

func (e *executor) unlockOnly(id string) {
	delete(e.tasks, id)
	e.mu.Unlock() // FINE mutex-misuse: called with the lock held, by remove
}

func (e *executor) remove(id string) {
	e.mu.Lock()
	e.unlockOnly(id) // FINE mutex-misuse #remove: unlocks for us
}

func (e *executor) each(f func(string)) error {
	e.mu.Lock()
	if len(e.tasks) == 0 {
		e.mu.Unlock()
		return errors.New("exec: no tasks")
	}
	ids := make([]string, 0, len(e.tasks))
	for id := range e.tasks {
		ids = append(ids, id)
	}
	e.mu.Unlock()
	for _, id := range ids {
		f(id) // FINE mutex-misuse #each: outside the lock
	}
	return nil
}

func (e *executor) scoped(id string) (ok bool) {
	func() {
		e.mu.Lock()
		defer e.mu.Unlock() // FINE mutex-misuse #scoped: ends with the function literal
		_, ok = e.tasks[id]
	}()
	if !ok {
		e.mu.Lock()
		e.tasks[id] = &task{}
		e.mu.Unlock()
	}
	return ok
}

func (e *executor) fail(id string) {
	e.mu.Lock()
	if e.tasks[id] == nil {
		log.Panicf("exec: no task %s", id) // ALSO mutex-misuse: leaves with the lock held, by a panic
	}
	e.mu.Unlock()
}

func newExecutor(ids []string) *executor {
	e := &executor{tasks: make(map[string]*task)}
	for _, id := range ids {
		e.tasks[id] = &task{}
	}
	return e
}
