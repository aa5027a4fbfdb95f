// Package orders is the web interface of a shop.
//
// Incident #hello: gofr-dev/gofr#2081
// Incident #grpc: grpc-ecosystem/go-grpc-middleware#441
package orders

import (
	"encoding/json"
	"log"
	"net/http"
	"runtime/debug"
	"sync"
)

// An Order is an order.
type Order struct {
	ID    string
	Items []string
	Buyer *Buyer
}

// A Buyer bought.
type Buyer struct{ Mail string }

type api struct {
	mails chan string
	wg    sync.WaitGroup
}

func (a *api) mail(o *Order) {
	if o.Buyer == nil {
		panic("orders: no buyer in " + o.ID)
	}
	a.mails <- o.Buyer.Mail
}

func (a *api) create(w http.ResponseWriter, r *http.Request) {
	var o Order
	if err := json.NewDecoder(r.Body).Decode(&o); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	go a.mail(&o) // FAULT handler-spawn #hello dies: no buyer
	w.WriteHeader(http.StatusAccepted)
}

func (a *api) audit(o *Order) {
	first := o.Items[0]
	log.Printf("%s bought %s", o.ID, first)
}

func (a *api) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	o := &Order{ID: r.URL.Query().Get("id")}
	go func() { // FAULT handler-spawn #grpc dies: index out of range
		a.audit(o)
	}()
	w.WriteHeader(http.StatusNoContent)
}

func (a *api) guarded(w http.ResponseWriter, r *http.Request) {
	o := &Order{ID: r.URL.Query().Get("id")}
	a.wg.Add(1)
	go func() { // FINE handler-spawn, goroutine-unguarded #guarded: guarded
		defer a.wg.Done()
		defer func() {
			if v := recover(); v != nil {
				log.Printf("audit: %v\n%s", v, debug.Stack())
			}
		}()
		a.audit(o)
	}()
	a.wg.Wait()
}

func (a *api) inline(w http.ResponseWriter, r *http.Request) {
	a.audit(&Order{ID: r.URL.Query().Get("id"), Items: []string{"a"}}) // FINE handler-spawn #inline: no goroutine, the server recovers
	w.WriteHeader(http.StatusOK)
}

func (a *api) gone(w http.ResponseWriter, r *http.Request) {
	done := make(chan struct{})
	go func() { // FINE handler-spawn, goroutine-unguarded: waits for a channel, cannot panic
		<-r.Context().Done()
		close(done)
	}()
	select {
	case <-done:
	default:
	}
}

func spawn(what string, f func()) {
	go func() {
		defer func() {
			if v := recover(); v != nil {
				log.Printf("%s: %v\n%s", what, v, debug.Stack())
			}
		}()
		f()
	}()
}

func (a *api) safe(w http.ResponseWriter, r *http.Request) {
	o := &Order{ID: r.URL.Query().Get("id")}
	spawn("audit", func() { a.audit(o) }) // FINE handler-spawn #safe: the wrapper guards
	w.WriteHeader(http.StatusNoContent)
}

// Routes mounts all.
func Routes(mux *http.ServeMux, a *api) {
	mux.HandleFunc("POST /orders", a.create)
	mux.HandleFunc("GET /guarded", a.guarded)
	mux.HandleFunc("GET /inline", a.inline)
	mux.HandleFunc("GET /gone", a.gone)
	mux.HandleFunc("GET /safe", a.safe)
	mux.Handle("/audit", a)
}

// New makes the API.
func New(n int) *api { return &api{mails: make(chan string, n)} }
