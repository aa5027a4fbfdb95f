package a

import (
	"b"
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"net/rpc"
)

type server struct {
	users map[string]string
	store func(string) error
}

// Faults.

func (s *server) create(w http.ResponseWriter, r *http.Request) {
	if err := s.store(r.FormValue("name")); err != nil {
		panic(err) // want `the handler \(\*server\).create panics with .* while it serves a request: the connection is closed without an answer; answer with an error`
	}
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != "GET" {
		panic("method not allowed") // want `the handler \(\*server\).ServeHTTP panics with "method not allowed"`
	}
	fmt.Fprint(w, s.find(r.FormValue("name")))
}

// A helper that a handler calls.
func (s *server) find(name string) string {
	u, ok := s.users[name]
	if !ok {
		panic(fmt.Errorf("no user %q", name)) // want `the handler \(\*server\).ServeHTTP panics`
	}
	return u
}

func routes(mux *http.ServeMux) {
	mux.HandleFunc("/a", func(w http.ResponseWriter, r *http.Request) {
		if r.ContentLength < 0 {
			panic("no length") // want `the handler in routes panics`
		}
	})
	mux.Handle("/b", logged(http.HandlerFunc(notImplemented)))
}

func notImplemented(w http.ResponseWriter, r *http.Request) {
	panic("not implemented") // want `the handler notImplemented panics with "not implemented"`
}

func logs(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		log.Panicf("form: %v", err) // want `the handler logs calls \(\*log.Logger\).Panicf|the handler logs calls Panicf`
	}
}

func otherPackage(w http.ResponseWriter, r *http.Request) {
	b.Save(r.FormValue("name")) // want `the handler otherPackage calls Save, which panics with "b: nothing to save" \(b.go:7\) while it serves a request`
}

func logged(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") == "" {
			panic(errors.New("no authorization")) // want `the handler in logged panics`
		}
		next.ServeHTTP(w, r)
	})
}

// Arith is called by net/rpc.
type Arith struct{}

// Args are two numbers.
type Args struct{ A, B int }

// Div is one of its methods.
func (t *Arith) Div(args *Args, reply *int) error {
	if args.B == 0 {
		panic("division by zero") // want `the handler \(\*Arith\).Div panics with "division by zero" while it serves a request: nothing recovers, so that the process ends`
	}
	*reply = args.A / args.B
	return nil
}

func serve() error { return rpc.Register(new(Arith)) }

// The text of the error goes to the client only if somebody writes it.
func afterWrite(w http.ResponseWriter, r *http.Request) {
	if _, err := w.Write([]byte("{")); err != nil {
		return
	}
	for _, v := range r.Form["x"] {
		if v == "" {
			panic("empty") // want `the handler afterWrite panics`
		}
	}
}

// Its name says it, and yet a request comes here.
func mustSave(s string) {
	if s == "" {
		panic("nothing") // want `the handler saves panics`
	}
}

func saves(w http.ResponseWriter, r *http.Request) {
	mustSave(r.FormValue("x"))
	if r.Method != "PUT" {
		unreachable(r.Method)
	}
}

func unreachable(what string) {
	panic("unreachable: " + what) // want `the handler saves panics`
}

// No faults.

func aborts(w http.ResponseWriter, r *http.Request) {
	if r.ContentLength > 1<<20 {
		panic(http.ErrAbortHandler) // the contract
	}
}

func recovers(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			if v := recover(); v != nil {
				if v == http.ErrAbortHandler {
					panic(v) // handed on
				}
				http.Error(w, "internal error", 500)
			}
		}()
		next.ServeHTTP(w, r)
	})
}

func again(w http.ResponseWriter, r *http.Request) {
	defer func() {
		if v := recover(); v != nil {
			log.Print(v)
			panic(v)
		}
	}()
	fmt.Fprint(w, "fine")
}

// Its guard makes an answer of the panic.
func guarded(w http.ResponseWriter, r *http.Request) {
	defer func() {
		if v := recover(); v != nil {
			http.Error(w, fmt.Sprint(v), 400)
		}
	}()
	parse(r)
	if r.Method == "PUT" {
		panic("no")
	}
}

// Only the guarded handler calls it.
func parse(r *http.Request) {
	if r.FormValue("n") == "" {
		panic("n is missing")
	}
}

// When it is made, not when it runs.
func newHandler(s *server) http.HandlerFunc {
	if s == nil {
		panic("no server")
	}
	return func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(200)
	}
}

type kind int

const (
	one kind = iota
	two
)

// All values there are, and an invariant.
func invariants(w http.ResponseWriter, r *http.Request) {
	k := one
	if r.Method == "GET" {
		k = two
	}
	switch k {
	case one:
	case two:
	default:
		panic(fmt.Sprintf("kind %d", k))
	}
}

// must-runtime has the call.
func musts(w http.ResponseWriter, r *http.Request) {
	b.MustSave(r.FormValue("x"))
}

// It is not called for a request.
func background(ctx context.Context, s string) {
	if s == "" {
		panic("nothing")
	}
}

// Another goroutine: handler-spawn has it.
func spawns(w http.ResponseWriter, r *http.Request) {
	go background(r.Context(), r.FormValue("x"))
}

// Another package's precondition, which the call meets.
func precondition(w http.ResponseWriter, r *http.Request) {
	b.Pairs("id", r.FormValue("id"))
}
