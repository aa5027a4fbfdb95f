package a

import (
	"log"
	"net/http"
	"os"
	"sync"
)

func work() { log.Println("work") }

func plain() {
	defer recover() // want `recover-builtin-deferred: defer recover\(\) in plain recovers nothing`
	work()
}

type server struct{ mu sync.Mutex }

func (s *server) handle(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	defer recover() // want `in \*server.handle recovers nothing`
	work()
}

// Exported, and with something to guard.
func Serve() {
	defer recover() // want `in Serve recovers nothing`
	work()
}

// ServeHTTP is for an interface, and works on its own.
func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	defer recover() // want `recovers nothing`
	s.handle(w, r)
}

func goroutine(jobs chan func()) {
	go func() {
		defer recover() // want `in the function literal recovers nothing`
		for job := range jobs {
			job()
		}
	}()
}

func loop(jobs []func()) {
	for _, job := range jobs {
		func() {
			defer recover() // want `recovers nothing`
			job()
		}()
	}
}

func generic[T any](list []T, f func(T)) {
	defer recover() // want `in generic recovers nothing`
	for _, v := range list {
		f(v)
	}
}

func conditional(safe bool) {
	if safe {
		defer recover() // want `recovers nothing`
	}
	work()
}

func predeclared() {
	defer (recover)() // want `recovers nothing`
	work()
}

func callback(submit func(func())) {
	submit(func() {
		defer recover() // want `recovers nothing`
		work()
	})
}

func handler() {
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		defer recover() // want `recovers nothing`
		work()
	})
}

var onStart = func() {
	defer recover() // want `recovers nothing`
	work()
}

func start() { onStart() }

func iterate(seq func(func(int) bool)) {
	for range seq {
		defer recover() // want `in iterate recovers nothing`
		work()
	}
}

// Called from a deferred function, one too deep as well.
func helper() {
	defer recover() // want `in helper recovers nothing`
}

func deep() {
	defer func() { helper() }()
	work()
}

// Both deferred and called: where it is called it guards nothing.
func closeAll() {
	defer recover() // want `in closeAll recovers nothing`
	work()
}

func both(early bool) {
	defer closeAll()
	if early {
		closeAll()
	}
	work()
}

// The literal is deferred, and recover runs within it.
func works() {
	defer func() { defer recover() }()
	work()
}

func worksWithWork() {
	defer func() {
		defer recover()
		work()
	}()
	work()
}

// A named function that is always deferred is as good as a literal.
func always() {
	defer recover()
}

func usesAlways() {
	defer always()
	work()
}

type guard struct{}

func (guard) stop() { defer recover() }

func usesMethod() {
	var g guard
	defer g.stop()
	work()
}

func usesMethodValue() {
	stop := guard{}.stop
	defer stop()
	work()
}

// A variable that holds the function is deferred.
func variable() {
	f := func() { defer recover() }
	defer f()
	work()
}

// Nothing to guard in it: it is there to be deferred, by other packages.
func Guard() { defer recover() }

// It is returned, and may be deferred: defer open()().
func open() func() {
	return func() {
		defer recover()
		work()
	}
}

// Stored in a field, and nobody knows who defers it.
type hooks struct{ stop func() }

func newHooks() hooks { return hooks{stop: func() { defer recover() }} }

// A callee that defers what it is given.
func with(f func()) {
	defer f()
	work()
}

func usesWith() { with(func() { defer recover() }) }

// Not the predeclared recover.
func shadowed() {
	recover := func() { log.Println("restore the file") }
	defer recover()
	work()
}

type file struct{}

func (file) recover() {}

func method() {
	var f file
	defer f.recover()
	work()
}

// A guard as it should be.
func right() {
	defer func() {
		if r := recover(); r != nil {
			log.Println(r)
		}
	}()
	work()
}

func ignored() {
	//backstop:ignore recover-builtin-deferred shows what does not work
	defer recover()
	os.Exit(1)
}
