package a

import (
	"b"
	"errors"
	"fmt"
	"log"
	"os"
	"runtime/debug"
)

func work() {}

func plain() {
	defer func() {
		r := recover()
		panic(r) // want `repanic-unconditional: panics again even when recover returned nil`
	}()
	work()
}

func atOnce() {
	defer func() {
		panic(recover()) // want `repanic-unconditional`
	}()
	work()
}

func logged() (n int) {
	defer func() {
		r := recover()
		log.Printf("worker ended: %v\n%s", r, debug.Stack())
		panic(fmt.Errorf("worker: %v", r)) // want `repanic-unconditional`
	}()
	work()
	return 1
}

// The question is asked, and the panic does not depend on it.
func askedForLog() {
	defer func() {
		r := recover()
		if r != nil {
			log.Println("worker died", r)
		}
		panic(r) // want `repanic-unconditional`
	}()
	work()
}

func bothBranches() {
	defer func() {
		r := recover()
		if err, ok := r.(error); ok {
			panic(err)
		} else {
			panic(fmt.Sprint(r)) // want `repanic-unconditional`
		}
	}()
	work()
}

func typeSwitch() {
	defer func() {
		switch r := recover().(type) {
		case error:
			panic(r)
		default:
			panic(r) // want `repanic-unconditional`
		}
	}()
	work()
}

type server struct{ name string }

func (s *server) rethrow() {
	r := recover()
	log.Println(s.name, r)
	panic(r) // want `repanic-unconditional`
}

func (s *server) serve() {
	defer s.rethrow()
	work()
}

func closure() {
	end := func() {
		r := recover()
		panic(r) // want `repanic-unconditional`
	}
	defer end()
	work()
}

func made(name string) func() {
	return func() {
		r := recover()
		panic(fmt.Sprint(name, r)) // want `repanic-unconditional`
	}
}

func madeDeferred() {
	defer made("x")()
	work()
}

func viaHelper() {
	defer func() {
		r := recover()
		b.Rethrow(r) // want `repanic-unconditional`
	}()
	work()
}

func viaLog() {
	defer func() {
		log.Panicln("ended", recover()) // want `repanic-unconditional`
	}()
	work()
}

func generic[T any](f func() T) T {
	defer func() {
		r := recover()
		panic(r) // want `repanic-unconditional`
	}()
	return f()
}

// Others defer it.
func Exported() {
	r := recover()
	panic(r) // want `repanic-unconditional`
}

func atItsEnd() {
	defer func() {
		r := recover()
		defer panic(r) // want `repanic-unconditional`
		work()
	}()
	work()
}

func inLoop() {
	for range 3 {
		func() {
			defer func() {
				r := recover()
				panic(r) // want `repanic-unconditional`
			}()
			work()
		}()
	}
}

// nil is asked for.
func asked() {
	defer func() {
		if r := recover(); r != nil {
			panic(r)
		}
	}()
	work()
}

func askedEarly() {
	defer func() {
		r := recover()
		if r == nil {
			return
		}
		log.Println(r)
		panic(r)
	}()
	work()
}

// A variable that a literal captures is the same value.
func askedCaptured() {
	defer func() {
		r := recover()
		if r == nil {
			return
		}
		func() { log.Println(r) }()
		panic(r)
	}()
	work()
}

func switched() {
	defer func() {
		switch r := recover(); {
		case r == nil:
		default:
			panic(r)
		}
	}()
	work()
}

func typeSwitchNil() {
	defer func() {
		switch r := recover().(type) {
		case nil:
		case error:
			log.Println(r)
		default:
			panic(r)
		}
	}()
	work()
}

var errStop = errors.New("stop")

// nil is no error.
func assertion() {
	defer func() {
		if err, ok := recover().(error); ok {
			panic(err)
		}
	}()
	work()
}

// nil is not errStop.
func sentinel() {
	defer func() {
		r := recover()
		if r == errStop {
			panic(r)
		}
	}()
	work()
}

// That nothing was recovered is what it says.
func mustPanic(f func()) {
	defer func() {
		if recover() == nil {
			panic("f did not panic")
		}
	}()
	f()
}

// The same, and others go on.
func mustPanicWith(f func()) {
	defer func() {
		r := recover()
		if r == nil {
			panic("f did not panic")
		}
		if r != errStop {
			panic(r)
		}
	}()
	f()
}

// The flag says whether the function got to its end.
func flag(f func()) {
	done := false
	defer func() {
		r := recover()
		if !done {
			panic(r)
		}
	}()
	f()
	done = true
}

// It never returns: the guard runs on a panic only.
func forever(jobs chan func()) {
	defer func() {
		r := recover()
		log.Println("worker died", r)
		panic(r)
	}()
	for {
		(<-jobs)()
	}
}

// The helper asks.
func helperAsks() {
	defer func() {
		b.RethrowIf(recover())
	}()
	work()
}

// It ends the process.
func exits() {
	defer func() {
		log.Println(recover())
		os.Exit(1)
	}()
	work()
}

// It is no recover.
func shadowed() {
	recover := func() any { return 1 }
	defer func() {
		r := recover()
		panic(r)
	}()
	work()
}

// It does not recover: it turns each end into a panic, and says so.
func unreachable() {
	defer func() {
		panic("unreachable")
	}()
	work()
}

func fails() { panic("always") }

// It is not deferred: the recover at its end is.
func recoversAtEnd() {
	defer func() { work() }()
	defer recover()
	fails()
}

func notDeferred() {
	r := recover()
	panic(r)
}

func callsNotDeferred() { notDeferred() }

// The panic comes before anything is recovered.
func panicsBefore() {
	defer func() {
		defer func() { log.Println(recover()) }()
		fails()
	}()
	work()
}
