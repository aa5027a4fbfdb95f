package a

import (
	"fmt"
	"log"
	"sync"
)

func work() { log.Println("work") }

func report(v any) {
	if v != nil {
		log.Println("recovered:", v)
	}
}

func argument() {
	defer report(recover()) // want `recover-eager-arg: recover\(\) is evaluated by the defer statement, before argument can panic, and returns nil to report`
	work()
}

func logged() {
	defer log.Println("worker:", recover()) // want `returns nil to log.Println`
	work()
}

func severalLines(name string) {
	defer log.Printf(
		"worker %s: %v",
		name,
		recover(), // want `recover\(\) is evaluated by the defer statement`
	)
	work()
}

func literal() {
	defer func(r any) {
		if r != nil {
			log.Println(r)
		}
	}(recover()) // want `returns nil to the deferred literal`
	work()
}

type server struct{ mu sync.Mutex }

func (s *server) report(v any) { report(v) }

func (s *server) serve() {
	s.mu.Lock()
	defer s.mu.Unlock()
	defer s.report(recover()) // want `before \*server.serve can panic, and returns nil to s.report`
	work()
}

func nested() {
	defer report(fmt.Sprint("panic: ", recover())) // want `recover\(\) is evaluated`
	work()
}

func curried(v any) func() { return func() { report(v) } }

func operand() {
	defer curried(recover())() // want `recover\(\) is evaluated`
	work()
}

func goroutine(jobs chan func()) {
	go func() {
		defer report(recover()) // want `before the function literal can panic`
		for job := range jobs {
			job()
		}
	}()
}

func generic[T any](list []T, f func(T)) {
	defer report(recover()) // want `before generic can panic`
	for _, v := range list {
		f(v)
	}
}

func asserted() {
	defer fail(recover().(error)) // want `recover\(\) is evaluated`
	work()
}

func fail(err error) { report(err) }

func conditional(verbose bool) {
	if verbose {
		defer report(recover()) // want `recover\(\) is evaluated`
	}
	work()
}

func variable() {
	done := func(v any) { report(v) }
	defer done(recover()) // want `returns nil to done`
	work()
}

// Exported, and with something to guard.
func Serve() {
	defer report(recover()) // want `before Serve can panic`
	work()
}

func iterate(seq func(func(int) bool)) {
	for range seq {
		defer report(recover()) // want `recover\(\) is evaluated`
		work()
	}
}

func submit(f func()) {}

func callback(run func(func())) {
	run(func() {
		defer report(recover()) // want `before the function literal can panic`
		work()
	})
}

// The literal is deferred: recover works in all of it.
func deferredLiteral() {
	defer func() {
		defer report(recover())
		work()
	}()
	work()
}

// Nothing is evaluated early in the body of the literal.
func body() {
	defer func() { report(recover()) }()
	work()
}

// The literal among the arguments runs later, in the deferred call.
func passed() {
	defer submit(func() { report(recover()) })
	work()
}

// A named function that is deferred itself.
func onPanic() {
	defer report(recover())
	work()
}

func usesOnPanic() {
	defer onPanic()
	work()
}

func (s *server) onPanic() { defer s.report(recover()) }

func usesMethod(s *server) {
	defer s.onPanic()
	work()
}

func usesVariable() {
	f := func() { defer report(recover()) }
	defer f()
	work()
}

// It does nothing else: others defer it.
func HandlePanic() {
	defer report(recover())
}

// Returned, and deferred by who called it.
func guard() func() {
	return func() {
		defer report(recover())
		work()
	}
}

func usesGuard() {
	defer guard()()
	work()
}

// Not the predeclared recover.
func shadowed() {
	recover := func() any { return "restored" }
	defer report(recover())
	work()
}

// That is recover-builtin-deferred.
func builtin() {
	defer recover()
	work()
}
