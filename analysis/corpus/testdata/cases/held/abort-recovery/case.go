// Package middleware holds what every route goes through.
//
// Incident #chi,#chifixed: go-chi/chi#588
// Incident #toolhive: stacklok/toolhive#4064
// Incident #echo,#echofixed: labstack/echo#2134
package middleware

import (
	"context"
	"errors"
	"log"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"
)

// Recoverer looks at the sentinel, and still does not pass it on.
func Recoverer(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			if v := recover(); v != nil && v != http.ErrAbortHandler { // FAULT aborthandler #chi shown
				log.Printf("%v\n%s", v, debug.Stack())
				w.WriteHeader(http.StatusInternalServerError)
			}
		}()
		next.ServeHTTP(w, r)
	})
}

// Proxy answers 500 to everything, streams included.
func Proxy(logger *slog.Logger) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			defer func() {
				if rec := recover(); rec != nil { // FAULT aborthandler #toolhive shown
					logger.Error("panic", "value", rec, "stack", string(debug.Stack()), "path", r.URL.Path)
					http.Error(w, "internal error", http.StatusInternalServerError)
				}
			}()
			next.ServeHTTP(w, r)
		})
	}
}

type recovery struct{ next http.Handler }

func (h recovery) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	defer h.answer(w, r)
	h.next.ServeHTTP(w, r)
}

func (h recovery) answer(w http.ResponseWriter, r *http.Request) {
	v := recover() // FAULT aborthandler #echo shown
	if v == nil {
		return
	}
	log.Printf("%s %v\n%s", r.URL, v, debug.Stack())
	w.WriteHeader(http.StatusInternalServerError)
}

// Fixed passes the sentinel on.
func Fixed(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			if v := recover(); v != nil { // FINE aborthandler #chifixed: panics again with the sentinel
				if v == http.ErrAbortHandler {
					panic(v)
				}
				log.Printf("%v\n%s", v, debug.Stack())
				if !strings.EqualFold(r.Header.Get("Connection"), "upgrade") {
					w.WriteHeader(http.StatusInternalServerError)
				}
			}
		}()
		next.ServeHTTP(w, r)
	})
}

// FixedIs finds it wrapped, too.
func FixedIs(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			v := recover() // FINE aborthandler #echofixed: errors.Is, then panics again
			if v == nil {
				return
			}
			if err, ok := v.(error); ok && errors.Is(err, http.ErrAbortHandler) {
				panic(v)
			}
			log.Printf("%v\n%s", v, debug.Stack())
			w.WriteHeader(http.StatusInternalServerError)
		}()
		next.ServeHTTP(w, r)
	})
}

// Counted lets every panic pass, the sentinel with them.
func Counted(count func(), next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			if v := recover(); v != nil { // FINE aborthandler #counted: every panic is passed on
				count()
				panic(v)
			}
		}()
		next.ServeHTTP(w, r)
	})
}

// Job is not HTTP at all.
func Job(ctx context.Context, f func(context.Context)) {
	defer func() {
		if v := recover(); v != nil { // FINE aborthandler #job: no handler below
			log.Printf("%v\n%s", v, debug.Stack())
		}
	}()
	f(ctx)
}

// Render guards a template in a handler: nothing below it aborts.
func Render(render func(*http.Request) string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		text := func() (s string) {
			defer func() {
				if v := recover(); v != nil { // FINE aborthandler #render: guards a computation, no handler is called inside
					log.Printf("render: %v\n%s", v, debug.Stack())
					s = "sorry"
				}
			}()
			return render(r)
		}()
		w.Write([]byte(text))
	}
}

// Recovery makes the handler.
func Recovery(next http.Handler) http.Handler { return recovery{next: next} }
