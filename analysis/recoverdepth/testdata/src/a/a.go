package a

import (
	"fmt"
	"log"
	"sync"

	"b"
)

func work() { log.Println("work") }

func stopPanic() {
	if r := recover(); r != nil {
		log.Println(r)
	}
}

func take() any { return recover() }

func toError(err *error) {
	if r := recover(); r != nil {
		*err = fmt.Errorf("%v", r)
	}
}

func named(name string) {
	if r := recover(); r != nil {
		log.Println(name, r)
	}
}

func inLiteral() {
	defer func() {
		stopPanic() // want `recover-depth: stopPanic recovers nothing here: recover must be called by the deferred function itself, and this is one call deeper; defer stopPanic instead`
	}()
	work()
}

func inLiteralTested() {
	defer func() {
		if r := take(); r != nil { // want `take recovers nothing here`
			log.Println(r)
		}
	}()
	work()
}

func inLiteralError() (err error) {
	defer func() {
		toError(&err) // want `toError recovers nothing here`
	}()
	work()
	return nil
}

func inLiteralWithArgument(name string) {
	defer func() {
		named(name) // want `named recovers nothing here`
	}()
	work()
}

func inLiteralAmongOthers(mu *sync.Mutex) {
	mu.Lock()
	defer func() {
		mu.Unlock()
		stopPanic() // want `stopPanic recovers nothing here`
	}()
	work()
}

func inLiteralConditional(safe bool) {
	defer func() {
		if safe {
			stopPanic() // want `stopPanic recovers nothing here`
		}
	}()
	work()
}

func literalInLiteral() {
	defer func() {
		func() { // want `the function literal recovers nothing here`
			if r := recover(); r != nil {
				log.Println(r)
			}
		}()
	}()
	work()
}

func literalWithArgument() {
	defer func(name string) {
		stopPanic() // want `stopPanic recovers here by accident with Go 1.22, 1.23, 1.24, 1.25 \(golang/go#73916\), and recovers nothing with 1.21, 1.26, 1.27`
	}("prices")
	work()
}

func wrap(n int) {
	stopPanic() // want `by accident with Go 1.22, 1.23, 1.24, 1.25`
}

func wrapped() {
	defer wrap(1)
	work()
}

func wrappedInLoop(list []string) {
	for i := range list {
		defer wrap(i)
		work()
	}
}

func plain() {
	stopPanic() // want `stopPanic recovers nothing here`
}

func deferPlain() {
	defer plain()
	work()
}

type server struct {
	name  string
	onEnd func()
}

func (s *server) stopPanic() {
	if r := recover(); r != nil {
		log.Println(s.name, r)
	}
}

func (s *server) cleanUp() {
	s.stopPanic() // want `stopPanic recovers here by accident`
}

func (s *server) serve() {
	defer s.cleanUp()
	work()
}

func (s *server) serveLiteral() {
	defer func() {
		s.stopPanic() // want `stopPanic recovers nothing here`
	}()
	work()
}

func methodValue(s *server) {
	stop := s.stopPanic
	defer func() {
		stop() // want `stopPanic recovers nothing here`
	}()
	work()
}

func variable() {
	h := stopPanic
	defer func() {
		h() // want `stopPanic recovers nothing here`
	}()
	work()
}

var onPanic = func() {
	if r := recover(); r != nil {
		log.Println(r)
	}
}

func packageVariable() {
	defer func() {
		onPanic() // want `the function literal recovers nothing here`
	}()
	work()
}

func genericStop[T any](zero T) {
	if r := recover(); r != nil {
		log.Println(zero, r)
	}
}

func generic() {
	defer func() {
		genericStop(1) // want `genericStop recovers nothing here`
	}()
	work()
}

type stopper interface{ stopPanic() }

func knownInterface() {
	var s stopper = &server{}
	defer func() {
		s.stopPanic() // want `stopPanic recovers nothing here`
	}()
	work()
}

func goroutine() {
	go func() {
		defer func() {
			stopPanic() // want `stopPanic recovers nothing here`
		}()
		work()
	}()
}

func deferInDefer() {
	defer func() {
		defer stopPanic() // want `stopPanic recovers nothing here`
	}()
	work()
}

func outer() {
	middle()
}

func middle() {
	stopPanic() // want `stopPanic recovers nothing here`
}

func deeper() {
	defer outer()
	work()
}

func once() {
	var o sync.Once
	defer func() {
		o.Do(func() { // want `the function literal recovers nothing here`
			if r := recover(); r != nil {
				log.Println(r)
			}
		})
	}()
	work()
}

func onceItself() {
	var o sync.Once
	defer o.Do(stopPanic) // want `stopPanic recovers nothing here`
	work()
}

func literalVariable() {
	f := func() {
		stopPanic() // want `stopPanic recovers nothing here`
	}
	defer f()
	work()
}

func deferredByCallee() {
	b.Protect(func() {
		stopPanic() // want `stopPanic recovers nothing here`
	})
}

func starts() {
	defer func() {
		go stopPanic() // want `stopPanic recovers nothing here: it runs in a goroutine of its own`
	}()
	work()
}

func startsLiteral() {
	defer func() {
		go func() { // want `the function literal recovers nothing here`
			if r := recover(); r != nil {
				log.Println(r)
			}
		}()
	}()
	work()
}

type closer interface{ Close() error }

type connection struct{}

func (*connection) Close() error {
	stopPanic() // want `stopPanic recovers nothing here`
	return nil
}

func unknownInterface(c closer) {
	defer c.Close()
	work()
}

type job struct{}

func (job) finish() {
	b.Catch() // want `Catch recovers here by accident with Go 1.21, 1.22, 1.23, 1.24, 1.25`
}

func finishes(j interface{ finish() }) {
	defer j.finish()
	work()
}

type reporter interface{ onPanic() }

type logReporter struct{}

func (logReporter) onPanic() {
	b.Catch() // want `Catch recovers nothing here`
}

func onlyImplementation(r reporter) {
	defer func() {
		r.onPanic()
	}()
	work()
}

// Other packages.

func otherPackage() {
	defer func() {
		b.Catch() // want `Catch recovers nothing here`
	}()
	work()
}

func otherPackageError() (err error) {
	defer func() {
		b.CatchTo(&err) // want `CatchTo recovers nothing here`
	}()
	work()
	return nil
}

func otherPackageMethod(g *b.Guard) {
	defer func() {
		g.Catch() // want `Catch recovers nothing here`
	}()
	work()
}

func otherPackageNamed() {
	defer b.Named("prices") // want `b.Catch recovers here by accident with Go 1.22, 1.23, 1.24, 1.25`
	work()
}

func otherPackagePlain() {
	defer b.Plain() // want `b.Catch recovers nothing here`
	work()
}

func otherPackageBig() {
	defer b.Big("prices") // want `b.Catch recovers nothing here`
	work()
}

func otherPackageClose(g *b.Guard) {
	defer g.Close() // want `recovers here by accident`
	work()
}
