package main

import (
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"strings"
)

func init() { register("handlers", handlers) }

// guard is middleware as it stands in every tutorial. It notes its name when it
// recovers.
type guard struct {
	name  string
	next  http.Handler
	noted *[]string
}

func (g guard) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	defer func() {
		if value := recover(); value != nil {
			*g.noted = append(*g.noted, g.name)
			w.WriteHeader(http.StatusInternalServerError)
		}
	}()
	g.next.ServeHTTP(w, r)
}

// rigidGuard is the same, and not inlined anywhere.
type rigidGuard struct{ next http.Handler }

//go:noinline
func (g rigidGuard) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	defer func() {
		if recover() != nil {
			w.WriteHeader(http.StatusInternalServerError)
		}
	}()
	g.next.ServeHTTP(w, r)
}

// handlers sends requests to handlers that panic, on the loopback interface, with
// guards in different places.
func handlers() {
	panics := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("stop") })

	say("guard_inside", answers(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			if recover() != nil {
				w.WriteHeader(http.StatusInternalServerError)
			}
		}()
		panic("stop")
	}), "/"))

	var noted []string
	say("guard_around", answers(guard{"middleware", panics, &noted}, "/"))
	say("guard_around_noinline", answers(rigidGuard{panics}, "/"))

	noted = nil
	var passed []string
	pass := func(name string, next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			defer func() { passed = append(passed, name) }()
			next.ServeHTTP(w, r)
		})
	}
	chain := pass("first", guard{"second", pass("third", guard{"fourth", pass("fifth", panics), &noted}), &noted})
	say("chain", answers(chain, "/"))
	say("chain_unwound", strings.Join(passed, ", "))
	say("chain_recovered_by", strings.Join(noted, ", "))

	mux := http.NewServeMux()
	mux.Handle("/panics", panics)
	mux.HandleFunc("/fine", func(http.ResponseWriter, *http.Request) {})
	say("no_guard", answers(mux, "/panics"))
	say("no_guard_next_request", answers(mux, "/panics", "/fine"))
}

// answers serves requests one after another and returns what the client sees of
// the last one: a status, or how the connection ended.
func answers(handler http.Handler, paths ...string) string {
	listener := loopback()
	server := &http.Server{Handler: handler, ErrorLog: log.New(io.Discard, "", 0)}
	go server.Serve(listener)
	defer server.Close()
	last := ""
	for _, path := range paths {
		response, err := http.Get("http://" + listener.Addr().String() + path)
		if err != nil {
			last = fmt.Sprint(errors.Unwrap(err))
			continue
		}
		response.Body.Close()
		last = response.Status
	}
	return last
}
