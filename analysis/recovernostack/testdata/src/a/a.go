package a

import (
	"b"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"net/http"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/pprof"
)

func work() {}

func printf() {
	defer func() {
		if r := recover(); r != nil {
			log.Printf("panic: %v", r) // want `recover-no-stack: logs the recovered value without the stack`
		}
	}()
	work()
}

func atOnce() {
	defer func() {
		log.Println("ended", recover()) // want `recover-no-stack`
	}()
	work()
}

func structured() {
	defer func() {
		if r := recover(); r != nil {
			slog.Error("worker died", "panic", r) // want `recover-no-stack`
		}
	}()
	work()
}

func attrs(l *slog.Logger) {
	defer func() {
		if r := recover(); r != nil {
			l.Error("worker died", slog.Any("panic", r)) // want `recover-no-stack`
		}
	}()
	work()
}

func formatted() {
	defer func() {
		if r := recover(); r != nil {
			msg := fmt.Sprintf("panic: %v", r)
			log.Print(msg) // want `recover-no-stack`
		}
	}()
	work()
}

func asError() (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v", r)
			slog.Error("worker died", "err", err)
			log.Print(r) // want `recover-no-stack`
		}
	}()
	work()
	return nil
}

func localError() {
	defer func() {
		if r := recover(); r != nil {
			err, ok := r.(error)
			if !ok {
				err = fmt.Errorf("panic: %v", r)
			}
			slog.Error("worker died", "err", err) // want `recover-no-stack`
		}
	}()
	work()
}

func stderr() {
	defer func() {
		if r := recover(); r != nil {
			fmt.Fprintln(os.Stderr, "panic:", r) // want `recover-no-stack`
		}
	}()
	work()
}

func builtin() {
	defer func() {
		if err, ok := recover().(error); ok {
			println("panic:", err.Error()) // want `recover-no-stack`
		}
	}()
	work()
}

func fatal() {
	defer func() {
		if r := recover(); r != nil {
			log.Fatalf("panic: %v", r) // want `recover-no-stack`
		}
	}()
	work()
}

type logger interface {
	Errorf(format string, args ...any)
}

type server struct{ log logger }

func (s *server) guard() {
	if r := recover(); r != nil {
		s.log.Errorf("panic: %v", r) // want `recover-no-stack`
	}
}

func (s *server) serve() {
	defer s.guard()
	work()
}

func (s *server) Warnf(format string, args ...any) { s.log.Errorf(format, args...) }

func (s *server) own() {
	defer func() {
		if r := recover(); r != nil {
			s.Warnf("panic: %v", r) // want `recover-no-stack`
		}
	}()
	work()
}

func report(v any) { log.Print("panic: ", v) }

func viaHelper() {
	defer func() {
		if r := recover(); r != nil {
			report(r) // want `recover-no-stack`
		}
	}()
	work()
}

func viaPackage() {
	defer func() {
		if r := recover(); r != nil {
			b.Report(r) // want `recover-no-stack`
		}
	}()
	work()
}

func captured() {
	defer func() {
		r := recover()
		func() {
			if r != nil {
				log.Print(r) // want `recover-no-stack`
			}
		}()
	}()
	work()
}

func made(name string) func() {
	return func() {
		if r := recover(); r != nil {
			log.Print(name, r) // want `recover-no-stack`
		}
	}
}

func usesMade() {
	defer made("x")()
	work()
}

func generic[T any](f func() T) T {
	defer func() {
		if r := recover(); r != nil {
			log.Print(r) // want `recover-no-stack`
		}
	}()
	return f()
}

func middleware(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			if v := recover(); v != nil {
				if v == http.ErrAbortHandler {
					panic(v)
				}
				log.Printf("%s: %v", r.URL.Path, v) // want `recover-no-stack`
				http.Error(w, fmt.Sprint(v), 500)
			}
		}()
		next.ServeHTTP(w, r)
	})
}

// Below: the stack is not lost, or nobody logs.

func withStack() {
	defer func() {
		if r := recover(); r != nil {
			log.Printf("panic: %v\n%s", r, debug.Stack())
		}
	}()
	work()
}

func stackElsewhere() {
	defer func() {
		if r := recover(); r != nil {
			log.Printf("panic: %v", r)
			debug.PrintStack()
		}
	}()
	work()
}

func stackAttr() {
	defer func() {
		if r := recover(); r != nil {
			slog.Error("panic", "value", r, slog.String("stack", string(debug.Stack())))
		}
	}()
	work()
}

func runtimeStack() {
	defer func() {
		if r := recover(); r != nil {
			buf := make([]byte, 4096)
			n := runtime.Stack(buf, false)
			log.Printf("panic: %v\n%s", r, buf[:n])
		}
	}()
	work()
}

func profile() {
	defer func() {
		if r := recover(); r != nil {
			log.Print(r)
			pprof.Lookup("goroutine").WriteTo(os.Stderr, 2)
		}
	}()
	work()
}

func logStack(v any) { log.Printf("panic: %v\n%s", v, trace()) }

func trace() string { return string(debug.Stack()) }

// A helper takes it.
func helper() {
	defer func() {
		if r := recover(); r != nil {
			logStack(r)
		}
	}()
	work()
}

func packageHelper() {
	defer func() {
		if r := recover(); r != nil {
			log.Print("worker died: ", r)
			b.ReportStack(r)
		}
	}()
	work()
}

func wrapped() {
	defer func() {
		if r := recover(); r != nil {
			log.Print(b.New(r))
		}
	}()
	work()
}

// The runtime prints the stack of a panic that goes on.
func again() {
	defer func() {
		if r := recover(); r != nil {
			log.Print("worker died: ", r)
			panic(r)
		}
	}()
	work()
}

func logPanic() {
	defer func() {
		if r := recover(); r != nil {
			log.Panicf("worker died: %v", r)
		}
	}()
	work()
}

// It is returned: whoever gets it decides.
func returned() (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v", r)
		}
	}()
	work()
	return nil
}

// The tracker takes the stack itself, or may.
func tracked(t b.Tracker) {
	defer func() {
		if r := recover(); r != nil {
			log.Print(r)
			t.Capture(r)
		}
	}()
	work()
}

func sent() {
	defer func() {
		if r := recover(); r != nil {
			b.Send(r)
			log.Print(r)
		}
	}()
	work()
}

func callback(onPanic func(any)) {
	defer func() {
		if r := recover(); r != nil {
			log.Print(r)
			onPanic(r)
		}
	}()
	work()
}

type syntaxError struct{ line int }

func (e syntaxError) Error() string { return fmt.Sprint("line ", e.line) }

// It is no crash, but how the parser gives up.
func parse() {
	defer func() {
		r := recover()
		if e, ok := r.(syntaxError); ok {
			log.Print(e)
		}
	}()
	work()
}

// The value is not logged, and it is known where it comes from.
func message() {
	defer func() {
		if recover() != nil {
			log.Print("the channel is closed already")
		}
	}()
	work()
}

var errNone = errors.New("none")

// Another value is logged.
func other(err error) {
	defer func() {
		if r := recover(); r != nil {
			log.Print(err, errNone)
		}
	}()
	work()
}

// Nothing is logged: a text for the client is no log.
func answer(w http.ResponseWriter) {
	defer func() {
		if r := recover(); r != nil {
			http.Error(w, fmt.Sprint(r), 500)
		}
	}()
	work()
}
