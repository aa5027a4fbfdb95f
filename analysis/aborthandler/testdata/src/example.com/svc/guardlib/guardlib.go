// Package guardlib has guards for others.
package guardlib

import (
	"fmt"
	"log"
	"runtime/debug"
)

func Catch() {
	if r := recover(); r != nil {
		log.Printf("%v\n%s", r, debug.Stack())
	}
}

func ToErr(err *error) {
	if r := recover(); r != nil {
		*err = fmt.Errorf("panic: %v\n%s", r, debug.Stack())
	}
}

// Handle is given what was recovered.
func Handle(r any) {
	if r != nil {
		log.Printf("%v\n%s", r, debug.Stack())
	}
}

// Go runs f in a guarded goroutine.
func Go(f func()) {
	go func() {
		defer Catch()
		f()
	}()
}

func Safe(f func()) {
	defer Catch()
	f()
}

type Recoverer struct{ Name string }

func (r *Recoverer) Recover() {
	if v := recover(); v != nil {
		log.Printf("%s: %v\n%s", r.Name, v, debug.Stack())
	}
}
