// Package safe guards goroutines.
package safe

import (
	"log"
	"runtime/debug"
)

// Catch recovers and logs; it must be deferred.
func Catch(what string) {
	v := recover()
	if v == nil {
		return
	}
	log.Printf("%s: %v\n%s", what, v, debug.Stack())
}

// Do calls f guarded.
func Do(what string, f func()) {
	defer Catch(what)
	f()
}

// Catcher makes a function to defer.
func Catcher(what string) func() {
	return func() {
		if v := recover(); v != nil {
			log.Printf("%s: %v\n%s", what, v, debug.Stack())
		}
	}
}
