package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log"
	"net/http"
	"runtime/debug"
	"strings"
	"sync"
	"time"
)

func init() {
	register("http-recovery", httpRecovery)
	register("handler-goroutine", handlerGoroutine)
}

// A site is a server of net/http on a port of its own, silent.
type site struct {
	url   string
	serve chan any // what a recover deferred around Serve got, at its end
	close func()
}

func newSite(h http.Handler) site {
	l := loopback()
	srv := &http.Server{Handler: h, ErrorLog: log.New(io.Discard, "", 0)}
	s := site{url: "http://" + l.Addr().String(), serve: make(chan any, 1), close: func() { srv.Close() }}
	go func() {
		defer func() { s.serve <- recover() }()
		_ = srv.Serve(l)
	}()
	return s
}

// get returns the status of an answer, or that there was none.
func (s site) get(path string) string {
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Get(s.url + path)
	if err != nil {
		return "no answer"
	}
	defer resp.Body.Close()
	return fmt.Sprint(resp.StatusCode)
}

// recovering is the middleware that people write.
func recovering(next http.Handler, caught func(any)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			if v := recover(); v != nil {
				caught(v)
				http.Error(w, "internal error", http.StatusInternalServerError)
			}
		}()
		next.ServeHTTP(w, r)
	})
}

// httpRecovery asks who stops the panic of a handler: a guard around Serve, a
// guard around the handler, or net/http.
func httpRecovery() {
	panics := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("boom") })
	var wrapper any
	mux := http.NewServeMux()
	mux.Handle("/plain", panics)
	mux.Handle("/wrapped", recovering(panics, func(v any) { wrapper = v }))
	mux.HandleFunc("/fine", func(http.ResponseWriter, *http.Request) {})
	s := newSite(mux)
	say("unguarded_handler", s.get("/plain"))
	say("next_request", s.get("/fine"))
	say("wrapped_handler", s.get("/wrapped"))
	say("wrapper_caught", wrapper)
	s.close()
	say("guard_around_serve", <-s.serve)
}

// finished reports whether a goroutine has come to its end within five seconds.
func finished(child *sync.WaitGroup) bool {
	end := make(chan struct{})
	go func() {
		child.Wait()
		close(end)
	}()
	select {
	case <-end:
		return true
	case <-time.After(5 * time.Second):
		return false
	}
}

type requestID struct{}

// handlerGoroutine has a handler start a goroutine that panics under its own
// guard when the request is over.
func handlerGoroutine() {
	var logged bytes.Buffer
	out := log.New(&logged, "", 0)
	over := make(chan struct{})
	var child sync.WaitGroup
	child.Add(1)
	var stack, contextErr string
	var value any
	startJob := func(ctx context.Context) {
		go func() {
			defer child.Done()
			defer func() {
				out.Print("recovered: ", recover())
				stack, value, contextErr = string(debug.Stack()), ctx.Value(requestID{}), fmt.Sprint(ctx.Err())
			}()
			<-over
			panic("boom")
		}()
	}
	handler := func(w http.ResponseWriter, r *http.Request) { startJob(r.Context()) }
	s := newSite(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		handler(w, r.WithContext(context.WithValue(r.Context(), requestID{}, "r-17")))
	}))
	say("response", s.get("/"))
	s.close()
	<-s.serve
	close(over)
	say("panics_after_the_response", finished(&child))
	say("logged", strings.TrimSpace(logged.String()))
	stack, _, _ = strings.Cut(stack, "created by ") // that line is not a frame
	say("stack_has_the_handler", strings.Contains(stack, "ServeHTTP") || strings.Contains(stack, "net/http"))
	say("context_after_the_request", contextErr)
	say("value_of_context_handed_over", value)
}
