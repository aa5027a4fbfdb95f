package a

import (
	"errors"
	"fmt"
	"log"
	"log/slog"
	"net/http"
	"net/http/httputil"
	"runtime"
	"runtime/debug"

	"b"
)

func recoverer(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			if v := recover(); v != nil { // want `aborthandler: recovers http.ErrAbortHandler too and does not panic with it again`
				log.Printf("panic: %v\n%s", v, debug.Stack())
				http.Error(w, "internal error", http.StatusInternalServerError)
			}
		}()
		next.ServeHTTP(w, r)
	})
}

func recovererFunc(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			v := recover() // want `aborthandler`
			if v == nil {
				return
			}
			slog.Error("panic", "value", v, "stack", string(debug.Stack()))
		}()
		next(w, r)
	}
}

type server struct {
	next http.Handler
	log  *slog.Logger
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	defer s.guard(w)
	s.next.ServeHTTP(w, r)
}

func (s *server) guard(w http.ResponseWriter) {
	if v := recover(); v != nil { // want `aborthandler`
		s.log.Error("panic", "value", v)
		w.WriteHeader(500)
	}
}

// It asks for the value, and forgets to go on.
func silent(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			if v := recover(); v != nil && v != http.ErrAbortHandler { // want `aborthandler`
				log.Print(v)
			}
		}()
		next.ServeHTTP(w, r)
	})
}

// It goes on with another sentinel only.
var errDone = errors.New("done")

func otherSentinel(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			v := recover() // want `aborthandler`
			if v == errDone {
				panic(v)
			}
			if err, ok := v.(runtime.Error); ok {
				panic(err)
			}
			if v != nil {
				log.Print(v)
			}
		}()
		next.ServeHTTP(w, r)
	})
}

// A proxy aborts when its backend does.
func proxied(p *httputil.ReverseProxy) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			if v := recover(); v != nil { // want `aborthandler`
				b.Report(v)
			}
		}()
		p.ServeHTTP(w, r)
	}
}

func around(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		handled := false
		func() {
			defer func() {
				if recover() != nil { // want `aborthandler`
					log.Println("panic in", r.URL.Path)
				}
			}()
			next.ServeHTTP(w, r)
			handled = true
		}()
		if !handled {
			w.WriteHeader(500)
		}
	})
}

func deep(next http.Handler) http.HandlerFunc {
	serve := func(w http.ResponseWriter, r *http.Request) { next.ServeHTTP(w, r) }
	return func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			if v := recover(); v != nil { // want `aborthandler`
				fmt.Println(v)
			}
		}()
		serve(w, r)
	}
}

type appHandler[T any] struct{ h func(http.ResponseWriter, *http.Request, T) }

func (a appHandler[T]) serve(w http.ResponseWriter, r *http.Request, t T) {
	defer func() {
		if v := recover(); v != nil { // want `aborthandler`
			log.Print(v)
		}
	}()
	a.h(w, r, t)
}

// Who is told cannot go on for the guard.
func told(onPanic func(any, []byte)) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			defer func() {
				if v := recover(); v != nil { // want `aborthandler`
					onPanic(v, debug.Stack())
					w.WriteHeader(500)
				}
			}()
			next.ServeHTTP(w, r)
		})
	}
}

func guardWith(w http.ResponseWriter, report func(any)) {
	if v := recover(); v != nil { // want `aborthandler`
		report(v)
		w.WriteHeader(500)
	}
}

func withHelper(next http.Handler, report func(any)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		defer guardWith(w, report)
		next.ServeHTTP(w, r)
	}
}

// It panics again with this value.
func right(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			if v := recover(); v != nil {
				if v == http.ErrAbortHandler {
					panic(v)
				}
				log.Print(v)
			}
		}()
		next.ServeHTTP(w, r)
	})
}

func rightIs(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			v := recover()
			if err, ok := v.(error); ok && errors.Is(err, http.ErrAbortHandler) {
				panic(err)
			}
			if v != nil {
				log.Print(v)
			}
		}()
		next.ServeHTTP(w, r)
	})
}

func rightSwitch(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			switch v := recover(); v {
			case nil:
			case http.ErrAbortHandler:
				panic(v)
			default:
				log.Print(v)
			}
		}()
		next.ServeHTTP(w, r)
	})
}

// It logs and panics again with everything.
func repanics(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			if v := recover(); v != nil {
				log.Print(v)
				panic(v)
			}
		}()
		next.ServeHTTP(w, r)
	})
}

// It cuts the connection itself, by the same means.
func aborts(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			if v := recover(); v != nil {
				log.Print(v)
				panic(http.ErrAbortHandler)
			}
		}()
		next.ServeHTTP(w, r)
	})
}

func rethrow(v any) {
	if v == http.ErrAbortHandler {
		panic(v)
	}
}

// A helper panics again.
func helper(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			if v := recover(); v != nil {
				rethrow(v)
				log.Print(v)
			}
		}()
		next.ServeHTTP(w, r)
	})
}

// So does one of another package.
func farHelper(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			if v := recover(); v != nil {
				b.Abort(v)
				log.Print(v)
			}
		}()
		next.ServeHTTP(w, r)
	})
}

// The caller of this panics again.
func handedOut(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var p any
		func() {
			defer func() { p = recover() }()
			next.ServeHTTP(w, r)
		}()
		if p != nil {
			panic(p)
		}
	})
}

// Who called the handler cuts the connection.
func flagged(next http.Handler, cut func()) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		panicked := false
		func() {
			defer func() {
				if v := recover(); v != nil {
					panicked = true
					if v != http.ErrAbortHandler {
						log.Print(v)
					}
				}
			}()
			next.ServeHTTP(w, r)
		}()
		if panicked {
			cut()
		}
	})
}

// The flag says that it did not get to its end.
func completed(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		done := false
		func() {
			defer func() { log.Print(recover()) }()
			next.ServeHTTP(w, r)
			done = true
		}()
		if !done {
			panic(http.ErrAbortHandler)
		}
	})
}

// Somebody else decides.
func callback(next http.Handler, onPanic func(http.ResponseWriter, *http.Request, any)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			if v := recover(); v != nil {
				onPanic(w, r, v)
			}
		}()
		next.ServeHTTP(w, r)
	})
}

// It closes the connection.
func hijacks(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			if v := recover(); v != nil {
				if h, ok := w.(http.Hijacker); ok {
					if conn, _, err := h.Hijack(); err == nil {
						conn.Close()
					}
				}
			}
		}()
		next.ServeHTTP(w, r)
	})
}

// It calls no other handler, and nothing that it calls aborts.
func leaf(w http.ResponseWriter, r *http.Request) {
	defer func() {
		if v := recover(); v != nil {
			log.Print(v)
			http.Error(w, "internal error", 500)
		}
	}()
	http.Redirect(w, r, "/", http.StatusFound)
	render(w, r)
}

func render(w http.ResponseWriter, r *http.Request) {
	fmt.Fprintln(w, r.URL.Path)
}

// It has nothing to do with http.
func worker(jobs chan func()) {
	for job := range jobs {
		func() {
			defer func() {
				if v := recover(); v != nil {
					log.Print(v)
				}
			}()
			job()
		}()
	}
}

// Another package's guard: it is reported there.
func deferred(next http.Handler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		defer b.Guard(w, r)
		next.ServeHTTP(w, r)
	}
}

// It recovers nothing: the panic of the next handler has gone past it.
func notDeferred(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(w, r)
		if v := recover(); v != nil {
			log.Print(v)
		}
	})
}

// So does this one.
func NotDeferred(w http.ResponseWriter, r *http.Request) {
	if v := recover(); v != nil {
		log.Print(v)
	}
	http.DefaultServeMux.ServeHTTP(w, r)
}
