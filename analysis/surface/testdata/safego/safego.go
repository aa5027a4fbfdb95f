// Package safego runs functions in goroutines, with a guard and without.
package safego

import "log"

func Recover() {
	if v := recover(); v != nil {
		log.Print(v)
	}
}

func Go(f func()) {
	go func() {
		defer Recover()
		f()
	}()
}

type Runner interface{ Run(f func()) }

type Bare struct{}

func (Bare) Run(f func()) { go f() }
