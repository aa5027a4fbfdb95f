// Package tx runs functions in transactions.
package tx

import (
	"fmt"
	"log"
)

// A Tx is a transaction.
type Tx interface {
	Commit() error
	Rollback() error
}

// Do commits, or rolls back when f fails or panics, as many do.
func Do(t Tx, f func() error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			_ = t.Rollback()
			panic(v) // FINE repanic-unconditional, repanic-stack-lost #do: only after a panic, where it was recovered
		}
		if err != nil {
			_ = t.Rollback()
			return
		}
		err = t.Commit()
	}()
	return f()
}

// Always rolls back and panics always.
func Always(t Tx, f func()) {
	defer func() {
		r := recover()
		if err := t.Rollback(); err != nil {
			log.Print(err)
		}
		panic(fmt.Sprint("tx: ", r)) // FAULT repanic-unconditional #always dies: tx: <nil>
	}()
	f()
}

type unit struct{ t Tx }

func (u unit) end() {
	v := recover()
	defer panic(v) // FAULT repanic-unconditional #end dies: panic
	_ = u.t.Rollback()
}

// Run runs a unit.
func (u unit) Run(f func()) {
	defer u.end()
	f()
}

// Stored keeps the value and panics with it later, elsewhere.
func Stored(list []func()) {
	var first any
	for _, f := range list {
		func() {
			defer func() {
				if v := recover(); v != nil && first == nil {
					first = v
				}
			}()
			f()
		}()
	}
	if first != nil {
		panic(first) // FAULT repanic-stack-lost #stored shown
	}
}

// Explicit panics with an error of its own, no recover before.
func Explicit(t Tx) {
	if err := t.Commit(); err != nil {
		panic(err) // FINE repanic-unconditional, repanic-stack-lost #explicit: nothing was recovered
	}
}
