package a

import (
	"context"
	"log"
	"net/http"
	"net/rpc"
	"safego"
	"sync"
	"time"
)

func init() { // want `init init#1 guard=none`
	go work() // want `go work guard=none`
}

func work() {}

func guarded() {
	defer func() {
		if r := recover(); r != nil {
			log.Print(r)
		}
	}()
	work()
}

type worker struct{ fn func() }

func (w *worker) run()  {}
func (w worker) value() {}

type runner interface{ Run() }

type list[T any] struct{}

func (l *list[T]) each() {}

func starts(w *worker, r runner, fn func(), l *list[int]) {
	go guarded()    // want `go guarded guard=entry`
	go w.run()      // want `go run guard=none`
	go w.value()    // want `go value guard=none`
	go func() {}()  // want `go starts\$1 guard=none`
	go r.Run()      // want `go unknown guard=none`
	go fn()         // want `go unknown guard=none`
	go w.fn()       // want `go unknown guard=none`
	go l.each()     // want `go each guard=none`
	go wrap(work)() // want `go wrap\$1 guard=entry`
	f := w.run
	go f() // want `go run guard=none`
}

func wrap(f func()) func() {
	return func() {
		defer func() { _ = recover() }()
		f()
	}
}

func hands(ctx context.Context, w *worker, wg *sync.WaitGroup) {
	time.AfterFunc(time.Second, w.run) // want `callback run guard=none`
	context.AfterFunc(ctx, work)       // want `callback work guard=none`
	wg.Go(func() { work() })           // want `callback hands\$1 guard=none`
	safego.Go(work)                    // want `callback work guard=spawner`
}

type api struct{}

func (a *api) index(w http.ResponseWriter, r *http.Request) { // want `handler index guard=spawner`
	a.helper()
}

func (a *api) ServeHTTP(w http.ResponseWriter, r *http.Request) { // want `handler ServeHTTP guard=spawner`
	http.Error(w, "", 500)
}

func (a *api) helper() { // want `request after 1 calls`
	further()
	go spawned() // want `go spawned guard=none`
}

func further() {} // want `request after 2 calls`

func spawned() {}

func routes(a *api) {
	http.HandleFunc("/", a.index)                                          // want `request index guard=spawner`
	http.Handle("/a", a)                                                   // want `request ServeHTTP guard=spawner`
	http.HandleFunc("/b", func(w http.ResponseWriter, r *http.Request) {}) // want `request routes\$1 guard=spawner` `handler routes\$1 guard=spawner`
	http.Handle("/c", http.HandlerFunc(a.index))                           // want `request index guard=spawner`
	http.ListenAndServe(":0", nil)                                         // the default mux
	_ = func(n http.Handler) http.Handler { return http.HandlerFunc(a.index) }
}

type Arith struct{}

func (t *Arith) Add(args *int, reply *int) error { return nil } // want `rpc Add guard=none`

func (t *Arith) Helper(n int) int { return n } // want `exported Helper guard=none`

func serve() {
	rpc.Register(&Arith{}) // its methods are the entries
}

func Exported() {} // want `exported Exported guard=none`
