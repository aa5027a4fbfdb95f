// Package api answers requests.
//
// Incident #mustitem: flyteorg/flyte#1590
package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strconv"
)

type item struct {
	ID    int
	Price int
}

type store struct{ items map[int]item }

func (s *store) get(w http.ResponseWriter, r *http.Request) {
	id, err := strconv.Atoi(r.PathValue("id"))
	if err != nil {
		panic(err) // FAULT handler-panic #parse panic: invalid syntax
	}
	json.NewEncoder(w).Encode(s.items[id])
}

func (s *store) mustItem(id int) item {
	it, ok := s.items[id]
	if !ok {
		panic(fmt.Sprintf("api: no item %d", id)) // FAULT handler-panic #mustitem panic: no item
	}
	return it
}

func (s *store) price(w http.ResponseWriter, r *http.Request) {
	id, err := strconv.Atoi(r.PathValue("id"))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	fmt.Fprint(w, s.mustItem(id).Price) // ALT handler-panic #mustitem: the call in the handler
}

type body struct{ s *store }

func (b body) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var it item
	if err := json.NewDecoder(r.Body).Decode(&it); err != nil {
		panic("api: bad body") // FAULT handler-panic #body panic: bad body
	}
	b.s.items[it.ID] = it
}

// New makes the handler; what is wrong here is wrong at the start.
func New(s *store, mode string) http.Handler {
	if mode == "" {
		panic("api: no mode") // FINE handler-panic: when the handler is made, not when it is called
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /items/{id}", s.get)
	mux.HandleFunc("GET /items/{id}/price", s.price)
	mux.HandleFunc("GET /stream", s.stream)
	mux.HandleFunc("GET /safe", s.safe)
	mux.Handle("POST /items", body{s})
	return mux
}

func (s *store) stream(w http.ResponseWriter, r *http.Request) {
	for id := range s.items {
		if _, err := fmt.Fprintln(w, id); err != nil {
			panic(http.ErrAbortHandler) // FINE handler-panic: the documented way to end a stream
		}
	}
}

func (s *store) safe(w http.ResponseWriter, r *http.Request) {
	defer func() {
		if v := recover(); v != nil {
			if v == http.ErrAbortHandler {
				panic(v) // FINE handler-panic: passes the sentinel on
			}
			http.Error(w, fmt.Sprint(v), http.StatusInternalServerError)
		}
	}()
	fmt.Fprint(w, s.items[0])
}

// Load loads items when the service starts.
func Load(path string) *store {
	raw, err := os.ReadFile(path)
	if err != nil {
		panic(errors.Join(errors.New("api: items"), err)) // FINE handler-panic: not reached by a request
	}
	s := &store{items: make(map[int]item)}
	if err := json.Unmarshal(raw, &s.items); err != nil {
		panic(err) // FINE handler-panic: not reached by a request
	}
	return s
}
