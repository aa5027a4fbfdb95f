// Fields holds functions and interfaces that are kept in fields, of types that
// are converted to one another.
package main

import "github.com/backstop-go/backstop/analysis/surface/internal/flow/testdata/internal/seen"

type Op func(int) int

func (o Op) Times(n int) int { return o(n) }

type Hooks struct {
	before, after func()
	ops           map[string]Op
	next          *Hooks
}

type Settings Hooks

func before() { seen.Call() }
func after()  { seen.Call() }
func never()  { seen.Call() }

func add(n int) int { seen.Call(); return n + 1 }

func (h *Hooks) run() {
	if h.before != nil {
		h.before()
	}
	defer h.after()
	for _, op := range h.ops {
		op(1)
		op.Times(2)
	}
	if h.next != nil {
		h.next.run()
	}
}

var global struct {
	f func()
}

type Handler interface{ Handle(f func()) }

type direct struct{}

func (direct) Handle(f func()) { f() }

type queued struct{ q chan func() }

func (q queued) Handle(f func()) { q.q <- f }

func (q queued) drain() { (<-q.q)() }

func set(p *func(), f func()) { *p = f }

func main() {
	h := &Hooks{before: before, after: after, ops: map[string]Op{"add": add}}
	h.next = &Hooks{after: func() { seen.Call() }}
	h.run()
	s := Settings(*h)
	s.before()
	global.f = after
	global.f()
	var hs []Handler
	q := queued{make(chan func(), 1)}
	hs = append(hs, direct{}, q)
	for _, h := range hs {
		h.Handle(before)
	}
	q.drain()
	var f func()
	set(&f, before)
	f()
	anon := []struct {
		name string
		f    func()
	}{{"x", after}}
	for _, a := range anon {
		a.f()
	}
	seen.Done()
}
