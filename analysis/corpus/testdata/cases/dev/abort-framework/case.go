// Package router is a small router with middleware of its own type.
//
// Incident #slog: samber/slog-http#12
// Incident #schau: schaurian/schautrack#331
// Incident #solace,#solacefixed: SolaceProducts/solace-broker-mcp#120
package router

import (
	"fmt"
	"log"
	"net/http"
	"runtime/debug"
	"sync/atomic"
)

// A Middleware wraps a handler.
type Middleware func(http.Handler) http.Handler

// Chain wraps in order.
func Chain(h http.Handler, mw ...Middleware) http.Handler {
	for i := len(mw) - 1; i >= 0; i-- {
		h = mw[i](h)
	}
	return h
}

var panics atomic.Int64

// Recovery makes a middleware that tells onPanic.
func Recovery(onPanic func(any, []byte)) Middleware {
	return func(next http.Handler) http.Handler {
		fn := func(w http.ResponseWriter, r *http.Request) {
			defer func() {
				err := recover() // FAULT aborthandler #slog shown
				if err == nil {
					return
				}
				onPanic(err, debug.Stack())
				w.WriteHeader(http.StatusInternalServerError)
			}()
			next.ServeHTTP(w, r)
		}
		return http.HandlerFunc(fn)
	}
}

func recoverWith(w http.ResponseWriter, answer func(http.ResponseWriter, any)) {
	if v := recover(); v != nil { // FAULT aborthandler #schau shown
		log.Printf("router: %v\n%s", v, debug.Stack())
		answer(w, v)
	}
}

// Problem answers with a problem document.
func Problem(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		defer recoverWith(w, func(w http.ResponseWriter, v any) {
			w.Header().Set("Content-Type", "application/problem+json")
			w.WriteHeader(http.StatusInternalServerError)
		})
		next(w, r)
	}
}

// Observe counts and swallows.
func Observe(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			if rec := recover(); rec != nil { // FAULT aborthandler #solace shown
				panics.Add(1)
				log.Printf("panic_recovered %v %s\n%s", rec, r.URL, debug.Stack())
			}
		}()
		next.ServeHTTP(w, r)
	})
}

// ObserveFixed passes the sentinel on first.
func ObserveFixed(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			rec := recover() // FINE aborthandler #solacefixed: the sentinel is passed on
			switch rec {
			case nil:
				return
			case http.ErrAbortHandler:
				panic(rec)
			}
			panics.Add(1)
			log.Printf("panic_recovered %v\n%s", rec, debug.Stack())
			w.WriteHeader(http.StatusInternalServerError)
		}()
		next.ServeHTTP(w, r)
	})
}

// Worker is called by workers, not by the server.
func Worker(jobs <-chan func()) {
	for j := range jobs {
		func() {
			defer func() {
				if v := recover(); v != nil { // FINE aborthandler #worker: no handler
					log.Printf("worker: %v\n%s", v, debug.Stack())
				}
			}()
			j()
		}()
	}
}

// Client wraps a transport, whose panics are not of a handler.
type Client struct{ next http.RoundTripper }

// NewClient makes one.
func NewClient(next http.RoundTripper) *Client { return &Client{next: next} }

// RoundTrip turns panics into errors.
func (c *Client) RoundTrip(r *http.Request) (resp *http.Response, err error) {
	defer func() {
		if v := recover(); v != nil { // FINE aborthandler #client: the client side
			err = fmt.Errorf("round trip: %v\n%s", v, debug.Stack())
		}
	}()
	return c.next.RoundTrip(r)
}
