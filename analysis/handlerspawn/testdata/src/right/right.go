package right

import (
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"net/http"
	"runtime/debug"
	"strings"
	"sync"

	"example.com/svc/guardlib"
)

type server struct {
	mux  *http.ServeMux
	jobs chan string
	wg   sync.WaitGroup
}

func newServer() *server {
	s := &server{mux: http.NewServeMux()}
	s.mux.HandleFunc("/a", s.a)
	s.mux.HandleFunc("/b", s.b)
	s.mux.HandleFunc("/c", s.c)
	s.mux.HandleFunc("/d", s.d)
	s.mux.HandleFunc("/e", s.e)
	s.mux.HandleFunc("/f", s.f)
	s.mux.HandleFunc("/g", s.g())
	s.mux.HandleFunc("/h", s.h)
	s.mux.HandleFunc("/i", s.i)
	return s
}

func parse(q string) string { return strings.Split(q, ",")[3] }

func (s *server) a(w http.ResponseWriter, r *http.Request) {
	q := r.FormValue("q")
	go func() {
		defer guardlib.Catch()
		s.jobs <- parse(q)
	}()
}

func (s *server) b(w http.ResponseWriter, r *http.Request) {
	q := r.FormValue("q")
	guardlib.Go(func() { s.jobs <- parse(q) })
}

func (s *server) c(w http.ResponseWriter, r *http.Request) {
	q := r.FormValue("q")
	go guardlib.Safe(func() { parse(q) })
}

func (s *server) d(w http.ResponseWriter, r *http.Request) {
	q := r.FormValue("q")
	go func() {
		select {
		case s.jobs <- q:
		case <-r.Context().Done():
		}
	}()
}

func (s *server) worker(q string) {
	defer func() {
		if v := recover(); v != nil {
			log.Printf("%v\n%s", v, debug.Stack())
		}
	}()
	parse(q)
}

func (s *server) e(w http.ResponseWriter, r *http.Request) { go s.worker(r.FormValue("q")) }

func (s *server) f(w http.ResponseWriter, r *http.Request) {
	parts := strings.Split(r.FormValue("q"), ",")
	if len(parts) < 4 {
		http.Error(w, "bad", 400)
		return
	}
	go func() { s.jobs <- parts[3] }()
}

func (s *server) g() http.HandlerFunc {
	go s.loop()
	return func(w http.ResponseWriter, r *http.Request) { s.jobs <- r.FormValue("q") }
}

func (s *server) loop() {
	for j := range s.jobs {
		log.Print(parse(j))
	}
}

func (s *server) h(w http.ResponseWriter, r *http.Request) {
	s.spawn(func() { parse(r.FormValue("x")) })
}

func (s *server) spawn(f func()) {
	s.wg.Add(1)
	go func() {
		defer s.wg.Done()
		defer guardlib.Catch()
		f()
	}()
}

func (s *server) i(w http.ResponseWriter, r *http.Request) {
	var m map[string]any
	if json.NewDecoder(r.Body).Decode(&m) != nil {
		return
	}
	go func() {
		if u, ok := m["u"].(string); ok {
			log.Print(u)
		}
	}()
}

func m1(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			v := recover()
			if v == nil {
				return
			}
			if v == http.ErrAbortHandler {
				panic(v)
			}
			log.Printf("%v\n%s", v, debug.Stack())
		}()
		next.ServeHTTP(w, r)
	})
}

func m2(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			if v := recover(); v != nil {
				if err, ok := v.(error); ok && errors.Is(err, http.ErrAbortHandler) {
					panic(http.ErrAbortHandler)
				}
				log.Printf("%v\n%s", v, debug.Stack())
				w.WriteHeader(500)
			}
		}()
		next.ServeHTTP(w, r)
	})
}

func rethrowAbort(v any) {
	if v == http.ErrAbortHandler {
		panic(v)
	}
}

func m3(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			if v := recover(); v != nil {
				rethrowAbort(v)
				log.Printf("%v\n%s", v, debug.Stack())
			}
		}()
		next.ServeHTTP(w, r)
	})
}

func m4(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			if v := recover(); v != nil {
				log.Printf("%v\n%s", v, debug.Stack())
				panic(http.ErrAbortHandler)
			}
		}()
		next.ServeHTTP(w, r)
	})
}

// final handler: calls nobody else
func m5(w http.ResponseWriter, r *http.Request) {
	defer func() {
		if v := recover(); v != nil {
			log.Printf("%v\n%s", v, debug.Stack())
			http.Error(w, "x", 500)
		}
	}()
	fmt.Fprint(w, parse(r.FormValue("q")))
}

// not deferred: recovers nothing
func m6(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(w, r)
		if v := recover(); v != nil {
			http.Error(w, "oops", 500)
		}
	})
}

// too deep
func m7(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			func() {
				if v := recover(); v != nil {
					log.Printf("%v\n%s", v, debug.Stack())
				}
			}()
		}()
		next.ServeHTTP(w, r)
	})
}

func m8(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			switch v := recover(); v {
			case nil:
			case http.ErrAbortHandler:
				panic(v)
			default:
				log.Printf("%v\n%s", v, debug.Stack())
			}
		}()
		next.ServeHTTP(w, r)
	})
}

func (s *server) j(w http.ResponseWriter, r *http.Request) {
	a := r.FormValue("a")
	if a == "" {
		return
	}
	go func(a string) { log.Print(a[0]) }(a)
	parts := strings.Fields(a)
	if len(parts) > 2 {
		go func(p []string) { log.Print(p[2]) }(parts)
		go third(parts)
	}
}

func third(p []string) { log.Print(p[2]) }

func (s *server) k(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil || len(r.Form["x"]) == 0 {
		return
	}
	x := r.Form["x"]
	go func() { log.Print(x[0]) }()
	run := func() { log.Print(x[0]) }
	go run()
}

func reg(s *server) {
	s.mux.HandleFunc("/j", s.j)
	s.mux.HandleFunc("/k", s.k)
}
