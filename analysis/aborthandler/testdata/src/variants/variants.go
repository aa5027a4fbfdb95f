package variants

import (
	"errors"
	"log"
	"net/http"
	"runtime/debug"
)

func x1(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			if v := recover(); v != nil { // want `recovers http.ErrAbortHandler too`
				if err, ok := v.(error); ok && errors.Is(err, http.ErrAbortHandler) {
					return
				}
				log.Printf("%v\n%s", v, debug.Stack())
			}
		}()
		next.ServeHTTP(w, r)
	})
}

func x2(l *log.Logger) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		fn := func(w http.ResponseWriter, r *http.Request) {
			defer func() {
				if v := recover(); v != nil { // want `recovers http.ErrAbortHandler too`
					l.Printf("%v\n%s", v, debug.Stack())
				}
			}()
			next.ServeHTTP(w, r)
		}
		return http.HandlerFunc(fn)
	}
}

type mw struct {
	next http.Handler
	errs chan<- error
	stat struct{ panics int }
}

func (m *mw) wrap(w http.ResponseWriter, r *http.Request) {
	defer func() {
		v := recover() // want `recovers http.ErrAbortHandler too`
		if v != nil {
			m.stat.panics++
			if err, ok := v.(error); ok {
				m.report(r, err)
			} else {
				m.report(r, errors.New("panic"))
			}
		}
	}()
	m.next.ServeHTTP(w, r)
}

func (m *mw) report(r *http.Request, err error) {
	log.Print(r.URL, err, string(debug.Stack()))
}

func x4(next http.Handler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		defer guard(w, r)
		next.ServeHTTP(w, r)
	}
}

func guard(w http.ResponseWriter, r *http.Request) {
	v := recover() // want `recovers http.ErrAbortHandler too`
	if v == nil {
		return
	}
	log.Print(r.URL, v, string(debug.Stack()))
	http.Error(w, "x", 500)
}

// Guard is for others.
func Guard(w http.ResponseWriter, r *http.Request) {
	if v := recover(); v != nil { // want `recovers http.ErrAbortHandler too`
		log.Print(r.URL, v, string(debug.Stack()))
		http.Error(w, "x", 500)
	}
}

func x5(routes map[string]http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			if v := recover(); v != nil { // want `recovers http.ErrAbortHandler too`
				log.Print(r.URL, v, string(debug.Stack()))
			}
		}()
		h, ok := routes[r.URL.Path]
		if !ok {
			http.NotFound(w, r)
			return
		}
		h(w, r)
	}
}

func x6(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		sw := &statusWriter{ResponseWriter: w}
		defer func() {
			if v := recover(); v != nil { // want `recovers http.ErrAbortHandler too`
				log.Print(r.URL, v, string(debug.Stack()))
				if !sw.wrote {
					sw.WriteHeader(500)
				}
			}
		}()
		next.ServeHTTP(sw, r)
	})
}

type statusWriter struct {
	http.ResponseWriter
	wrote bool
}
