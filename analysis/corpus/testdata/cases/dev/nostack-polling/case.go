// Package polling polls a provider and logs its panics.
//
// Incident #work: zalando-incubator/kube-ingress-aws-controller#36
// Incident #line,#linefixed: influxdata/influxdb#6695
// Incident #message: polarsignals/frostdb#539
package polling

import (
	"fmt"
	"log"
	"log/slog"
	"runtime"
	"runtime/debug"
	"time"
)

func work(poll func()) {
	defer func() {
		if v := recover(); v != nil {
			log.Println("polling failed:", v) // FAULT recover-no-stack #work shown
		}
	}()
	poll()
}

// Poll polls n times.
func Poll(n int, every time.Duration, poll func()) {
	for range n {
		work(poll)
		time.Sleep(every)
	}
}

// Line logs a line for each panic.
func Line(name string, f func()) {
	start := time.Now()
	defer func() {
		if err := recover(); err != nil {
			line := fmt.Sprintf("%s %s", name, time.Since(start))
			log.Printf("%s [panic:%v]", line, err) // FAULT recover-no-stack #line shown
		}
	}()
	f()
}

type server struct{ log *slog.Logger }

// Do logs with a structured logger.
func (s *server) Do(f func()) {
	defer func() {
		if v := recover(); v != nil {
			s.log.Error("panic in query", "value", v) // FAULT recover-no-stack #message shown
		}
	}()
	f()
}

// LineFixed logs the stack, too.
func LineFixed(name string, f func()) {
	defer func() {
		if err := recover(); err != nil {
			log.Printf("%s [panic:%v]\n%s", name, err, debug.Stack()) // FINE recover-no-stack #linefixed: the stack is in the line
		}
	}()
	f()
}

func (s *server) logPanic(v any) {
	buf := make([]byte, 4096)
	buf = buf[:runtime.Stack(buf, false)]
	s.log.Error("panic", "value", v, "stack", string(buf))
}

// Via logs through a helper.
func (s *server) Via(f func()) {
	defer func() {
		if v := recover(); v != nil {
			s.logPanic(v) // FINE recover-no-stack #via: the helper takes the stack
		}
	}()
	f()
}

// Printed prints the stack next to the line.
func Printed(f func()) {
	defer func() {
		if v := recover(); v != nil {
			debug.PrintStack()
			log.Printf("panic: %v", v) // FINE recover-no-stack #printed: the stack was printed before
		}
	}()
	f()
}

// Again passes the panic on, with its stack.
func Again(f func()) {
	defer func() {
		if v := recover(); v != nil {
			log.Printf("panic: %v", v) // FINE recover-no-stack: panics again, and the stack is in the traceback
			panic(v)
		}
	}()
	f()
}

// NewServer makes a server.
func NewServer(l *slog.Logger) *server { return &server{log: l} }
