package b

import (
	"log"
	"runtime/debug"
)

// Guard is deferred by others.
func Guard() {
	if r := recover(); r != nil {
		log.Printf("%v\n%s", r, debug.Stack())
	}
}

// Config panics when it is not there.
func Config(name string) string {
	if len(name) > 10 {
		panic("no config " + name)
	}
	return name
}
