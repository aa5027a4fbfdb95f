// Package hooks starts functions that may not be set.
//
// Incident #print,#printfixed: projectdiscovery/clistats#22
package hooks

import (
	"errors"
	"fmt"
	"sync"
)

// Options are options.
type Options struct {
	OnStart func()
	OnStop  func(error)
}

// Start starts the hook of a request that sets none.
func Start(name string) {
	var hook func()
	if name == "print" {
		hook = func() { fmt.Println(name) }
	}
	go hook() // FAULT nil-func-go #start fatal: go of nil func value
}

// Run runs with the options it was given, none here.
func Run() {
	var o Options
	go o.OnStart() // FAULT nil-func-go #run fatal: go of nil func value
}

func pick(kind string) func() {
	switch kind {
	case "a":
		return func() {}
	}
	return nil
}

// Pick starts what it picked.
func Pick() {
	f := pick("")
	go f() // FAULT nil-func-go #pick fatal: go of nil func value
}

type printer struct{ print func() }

// Loop starts the printer.
func (p *printer) Loop(wg *sync.WaitGroup) {
	p.print = nil
	if wg != nil {
		wg.Wait()
	}
	go p.print() // FAULT nil-func-go #print fatal: go of nil func value
}

// LoopFixed checks.
func (p *printer) LoopFixed() {
	if p.print != nil {
		go p.print() // FINE nil-func-go #printfixed: not nil here
	}
}

// Default has a default.
func Default(hook func()) {
	if hook == nil {
		hook = func() {}
	}
	go hook() // FINE nil-func-go #default: set above when it was nil
}

// Given starts what the caller gave.
func Given(f func()) {
	go f() // FINE nil-func-go #given: of the caller
}

// Stop calls in place: a panic, and no fatal error.
func Stop(o *Options, err error) {
	if o.OnStop == nil {
		return
	}
	go o.OnStop(err) // FINE nil-func-go #stop: left before when it was nil
}

// Table starts from a table.
func Table(name string) error {
	f, ok := table[name]
	if !ok {
		return errors.New("no " + name)
	}
	go f() // FINE nil-func-go #table: found in the table
	return nil
}

var table = map[string]func(){"a": func() {}}
