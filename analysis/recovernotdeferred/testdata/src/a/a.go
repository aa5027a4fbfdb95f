package a

import (
	"fmt"
	"log"
	"net/http"
	"sync"
)

func work() { log.Println("work") }

func plain() {
	if r := recover(); r != nil { // want `recover-not-deferred: recover\(\) in plain stops nothing: nobody defers plain`
		log.Println(r)
	}
	work()
}

func last() {
	work()
	if r := recover(); r != nil { // want `recover\(\) in last stops nothing`
		log.Println(r)
	}
}

func dropped() {
	_ = recover() // want `recover\(\) in dropped stops nothing`
	work()
}

func statement() {
	recover() // want `recover\(\) in statement stops nothing`
	work()
}

// A helper that is only called.
func catch() {
	if r := recover(); r != nil { // want `recover\(\) in catch stops nothing`
		log.Println(r)
	}
}

func usesCatch() {
	catch()
	work()
}

func catchValue() any {
	return recover() // want `recover\(\) in catchValue stops nothing`
}

func usesCatchValue() error {
	work()
	if r := catchValue(); r != nil {
		return fmt.Errorf("%v", r)
	}
	return nil
}

type server struct {
	mu   sync.Mutex
	stop func()
}

func (s *server) catch() {
	if r := recover(); r != nil { // want `recover\(\) in \*server.catch stops nothing`
		log.Println(r)
	}
}

func (s *server) serve() {
	s.catch()
	work()
}

func goroutine(jobs chan func()) {
	go func() {
		if r := recover(); r != nil { // want `recover\(\) in the function literal stops nothing: a goroutine runs the function literal`
			log.Println(r)
		}
		for job := range jobs {
			job()
		}
	}()
}

// A goroutine that is meant to watch for the panics of another.
func watch() {
	go watcher()
	work()
}

func watcher() {
	if r := recover(); r != nil { // want `a goroutine runs watcher`
		log.Println(r)
	}
}

func immediate() {
	func() {
		if r := recover(); r != nil { // want `in the function literal stops nothing`
			log.Println(r)
		}
	}()
	work()
}

func variable() {
	check := func() {
		if r := recover(); r != nil { // want `in the function literal stops nothing`
			log.Println(r)
		}
	}
	check()
	work()
}

var onPanic = func() {
	if r := recover(); r != nil { // want `in the function literal stops nothing`
		log.Println(r)
	}
}

func packageVariable() {
	onPanic()
	work()
}

func generic[T any](v T) {
	if r := recover(); r != nil { // want `recover\(\) in generic stops nothing`
		log.Println(v, r)
	}
	work()
}

func usesGeneric() { generic(1) }

func handler() {
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		if v := recover(); v != nil { // want `the function literal serves requests, and nobody defers it`
			log.Println(v)
		}
		work()
	})
}

func middleware(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if v := recover(); v != nil { // want `the function literal serves requests`
			http.Error(w, "internal error", http.StatusInternalServerError)
		}
		next.ServeHTTP(w, r)
	})
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if v := recover(); v != nil { // want `\*server.ServeHTTP serves requests`
		log.Println(v)
	}
	work()
}

func once() {
	var o sync.Once
	o.Do(func() {
		if r := recover(); r != nil { // want `in the function literal stops nothing`
			log.Println(r)
		}
		work()
	})
}

func run(f func()) { f() }

func callee() {
	run(catchForRun)
}

func catchForRun() {
	if r := recover(); r != nil { // want `recover\(\) in catchForRun stops nothing`
		log.Println(r)
	}
}

func inLoop(list []func()) {
	for _, f := range list {
		f()
		if r := recover(); r != nil { // want `recover\(\) in inLoop stops nothing`
			log.Println(r)
		}
	}
}

func evaluated() {
	r := recover() // want `recover\(\) in evaluated stops nothing`
	defer log.Println(r)
	work()
}

func init() {
	recover() // want `recover\(\) in init stops nothing`
	work()
}
