package b

import (
	"log"
	"runtime"
	"runtime/debug"
)

// Report logs without a stack.
func Report(v any) {
	log.Print("panic: ", v)
}

// ReportStack logs with one.
func ReportStack(v any) {
	log.Printf("panic: %v\n%s", v, stack())
}

func stack() []byte {
	buf := make([]byte, 1<<16)
	return buf[:runtime.Stack(buf, false)]
}

// Tracker sends crashes somewhere.
type Tracker interface{ Capture(any) }

// Guard is deferred by others.
func Guard(name string) {
	if r := recover(); r != nil {
		log.Printf("%s: %v", name, r) // want `recover-no-stack`
	}
}

// Error keeps the stack.
type Error struct {
	Value any
	Stack []byte
}

// New makes one.
func New(v any) *Error { return &Error{v, debug.Stack()} }

// Send hands a value to a service.
func Send(v any) {}
