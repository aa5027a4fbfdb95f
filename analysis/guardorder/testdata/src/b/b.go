package b

import (
	"log"
	"runtime/debug"
)

// Guard is deferred by others.
func Guard(name string) {
	if r := recover(); r != nil {
		log.Printf("%s: %v\n%s", name, r, debug.Stack())
	}
}
