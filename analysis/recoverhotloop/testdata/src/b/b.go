package b

import (
	"log"
	"runtime/debug"
	"time"
)

// Safe runs f and recovers.
func Safe(f func()) {
	defer func() {
		if r := recover(); r != nil {
			log.Printf("%v\n%s", r, debug.Stack())
		}
	}()
	f()
}

// Paced runs f, and waits when it panics.
func Paced(f func()) {
	defer func() {
		if r := recover(); r != nil {
			time.Sleep(time.Second)
		}
	}()
	f()
}

// Queue hands out work.
type Queue interface{ Pop() func() }
