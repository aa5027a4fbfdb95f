package a

import (
	"b"
	"log"
	"net/http"
	"net/rpc"
	"strings"
	"sync"

	"github.com/gin-gonic/gin"
)

type server struct {
	mail func(string)
	jobs chan string
}

func notify(to string) {
	log.Print(strings.Split(to, "@")[1])
}

// Faults.

func (s *server) create(w http.ResponseWriter, r *http.Request) {
	to := r.FormValue("to")
	go notify(to) // want `the handler \(\*server\).create starts a goroutine whose panic ends the process`
	go func() {   // want `notify, which it calls, reads strings.Split\[1\]`
		notify(to)
	}()
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.later(r.FormValue("to"))
}

// A helper of a handler belongs to the request.
func (s *server) later(to string) {
	go notify(to) // want `the handler \(\*server\).ServeHTTP starts`
}

func routes(mux *http.ServeMux) {
	mux.HandleFunc("/a", func(w http.ResponseWriter, r *http.Request) {
		go notify(r.FormValue("to")) // want `the handler in routes starts`
	})
	mux.Handle("/b", middleware(nil))
}

func middleware(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		go func() { // want `the handler in middleware`
			notify(r.URL.Path)
		}()
		next.ServeHTTP(w, r)
	})
}

// The guard of the handler does not reach the goroutine.
func guardedHandler(w http.ResponseWriter, r *http.Request) {
	defer b.Recover()
	go notify(r.FormValue("to")) // want `the handler guardedHandler starts`
}

func fanOut(w http.ResponseWriter, r *http.Request) {
	var wg sync.WaitGroup
	for _, to := range r.Form["to"] {
		wg.Add(1)
		go func() { // want `the handler fanOut starts`
			defer wg.Done()
			notify(to)
		}()
	}
	wg.Wait()
}

func onGin(c *gin.Context) {
	cc := c.Copy()
	go func() { // want `the handler onGin starts`
		notify(cc.Query("to"))
	}()
}

// Arith is called by net/rpc.
type Arith struct{}

// Div is one of its methods.
func (t *Arith) Div(args *string, reply *int) error {
	go notify(*args) // want `the handler \(\*Arith\).Div starts`
	return nil
}

func serve() error { return rpc.Register(new(Arith)) }

func otherPackage(w http.ResponseWriter, r *http.Request) {
	go b.Explode(r.FormValue("to")) // want `the handler otherPackage starts`
}

// The factory is given a function, and yet the handler starts the goroutine.
func factory(each func(string)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		go func(to string) { // want `the handler in factory starts`
			notify(to)
			each(to)
		}(r.FormValue("to"))
	})
}

// No faults.

func fine(w http.ResponseWriter, r *http.Request) {
	to := r.FormValue("to")
	go func() {
		defer b.Recover() // a guard
		notify(to)
	}()
	b.Go(func() { notify(to) })        // the wrapper has it
	go b.Safe(func() { notify(to) })() // so has this one
	go guarded(to)                     // the callee has it
	done := make(chan struct{})
	go func() { // nothing in it panics
		log.Print(to)
		close(done)
	}()
	<-done
}

func guarded(to string) {
	defer b.Recover()
	notify(to)
}

// When the handler is made nothing was requested: goroutine-unguarded has it.
func newHandler(to string) http.HandlerFunc {
	go notify(to)
	return func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(200)
	}
}

// It is not called for a request.
func background(to string) {
	go notify(to)
}

// A client's request is none to us.
func call(c *http.Client, r *http.Request) {
	go notify(r.URL.Path)
}

// What it is handed to runs it in this goroutine.
func (s *server) queue(w http.ResponseWriter, r *http.Request) {
	to := r.FormValue("to")
	go func() { s.jobs <- to }()
	var once sync.Once
	once.Do(func() { notify(to) })
}

// What it is given depends on who calls it: goroutine-unguarded has the go
// statement.
func spawn(f func()) {
	go f()
}

func spawns(w http.ResponseWriter, r *http.Request) {
	spawn(func() { log.Print("fine") })
}

func other(line string) {
	spawn(func() { notify(line) })
}
