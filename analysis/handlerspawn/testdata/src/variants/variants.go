package variants

import (
	"context"
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
	mu   sync.Mutex
	subs map[string][]string
}

func newServer() *server {
	s := &server{mux: http.NewServeMux()}
	s.mux.HandleFunc("/a", s.a)
	s.mux.Handle("/b", http.HandlerFunc(s.b))
	s.mux.Handle("/c", logged(s.c))
	s.mux.HandleFunc("/d", s.d)
	s.mux.HandleFunc("/g", s.g)
	s.mux.HandleFunc("/h", s.h)
	s.mux.HandleFunc("/i", s.i)
	s.mux.Handle("/e", handle(e))
	for _, r := range []struct {
		p string
		h http.HandlerFunc
	}{{"/f", s.f}} {
		s.mux.HandleFunc(r.p, r.h)
	}
	return s
}

func parse(q string) string { return strings.Split(q, ",")[3] }

func (s *server) a(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query().Get("q")
	go func() { // want `starts a goroutine whose panic ends the process`
		s.jobs <- parse(q)
	}()
}

func (s *server) notify(to string) { log.Print(strings.Fields(to)[2]) }

func (s *server) b(w http.ResponseWriter, r *http.Request) {
	go s.notify(r.FormValue("to")) // want `starts a goroutine whose panic ends the process`
}

func logged(h http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		log.Print(r.URL)
		h(w, r)
	})
}

func (s *server) c(w http.ResponseWriter, r *http.Request) {
	var ids []string
	if err := json.NewDecoder(r.Body).Decode(&ids); err != nil {
		http.Error(w, "bad", 400)
		return
	}
	var wg sync.WaitGroup
	for _, id := range ids {
		wg.Add(1)
		go func() { // want `starts a goroutine whose panic ends the process`
			defer wg.Done()
			s.store(id[:3], id)
		}()
	}
	wg.Wait()
}

func (s *server) store(k, v string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.subs[k] = append(s.subs[k], v)
}

func (s *server) d(w http.ResponseWriter, r *http.Request) {
	s.enqueue(r.FormValue("a"))
}

func (s *server) enqueue(a string) {
	go func(a string) { // want `starts a goroutine whose panic ends the process`
		log.Print(a[0])
	}(a)
}

type hfunc func(http.ResponseWriter, *http.Request) error

func handle(f hfunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := f(w, r); err != nil {
			http.Error(w, err.Error(), 500)
		}
	})
}

func e(w http.ResponseWriter, r *http.Request) error {
	var body map[string]any
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
		return err
	}
	go audit(body) // want `starts a goroutine whose panic ends the process`
	return nil
}

func audit(m map[string]any) { log.Print(m["user"].(string)) }

func (s *server) f(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	done := make(chan struct{})
	go func() { // want `starts a goroutine whose panic ends the process`
		defer close(done)
		defer func() { log.Print("end") }()
		s.notify(r.Header.Get("X-To"))
	}()
	select {
	case <-done:
	case <-ctx.Done():
	}
}

type notifier interface{ send(string) }
type mailer struct{}

func (mailer) send(s string) { log.Print(s[strings.Index(s, "@")+1:][5]) }

type withIface struct{ n notifier }

func (h withIface) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	go h.n.send(r.FormValue("m")) // want `starts a goroutine whose panic ends the process`
}

func reg() { http.Handle("/n", withIface{mailer{}}) }

func spawn[T any](f func(T), v T) {
	go f(v)
}

func (s *server) g(w http.ResponseWriter, r *http.Request) {
	go func() { // want `starts a goroutine whose panic ends the process`
		defer func() {
			guardlib.Catch()
		}()
		s.notify(r.FormValue("x"))
	}()
}

func (s *server) h(w http.ResponseWriter, r *http.Request) {
	f := func() { s.notify(r.FormValue("x")) }
	go f() // want `starts a goroutine whose panic ends the process`
}

func (s *server) i(w http.ResponseWriter, r *http.Request) {
	go func() { // want `starts a goroutine whose panic ends the process`
		panic(fmt.Sprintf("unhandled %s", r.Method))
	}()
}

// middleware
func m1(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			if v := recover(); v != nil {
				log.Printf("%v\n%s", v, debug.Stack())
				http.Error(w, "internal", 500)
			}
		}()
		next.ServeHTTP(w, r)
	})
}

type rec struct{ next http.Handler }

func (m *rec) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	defer m.catch(w)
	m.next.ServeHTTP(w, r)
}

func (m *rec) catch(w http.ResponseWriter) {
	if v := recover(); v != nil {
		log.Printf("%v\n%s", v, debug.Stack())
		w.WriteHeader(500)
	}
}

func m3(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			v := recover()
			if v == nil {
				return
			}
			err, ok := v.(error)
			if !ok {
				err = fmt.Errorf("%v", v)
			}
			log.Print(err, string(debug.Stack()))
		}()
		next(w, r)
	}
}

func m4(log *log.Logger) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		fn := func(w http.ResponseWriter, r *http.Request) {
			defer func() {
				if v := recover(); v != nil {
					if errors.Is(v.(error), http.ErrAbortHandler) {
						return
					}
					log.Printf("%v\n%s", v, debug.Stack())
				}
			}()
			next.ServeHTTP(w, r)
		}
		return http.HandlerFunc(fn)
	}
}

func safeCall(w http.ResponseWriter, r *http.Request, h http.Handler) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("%v\n%s", v, debug.Stack())
		}
	}()
	h.ServeHTTP(w, r)
	return
}

func m5(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := safeCall(w, r, h); err != nil {
			log.Print(err)
			http.Error(w, "x", 500)
		}
	})
}

func m6(next func(http.ResponseWriter, *http.Request) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			switch v := recover().(type) {
			case nil:
			case error:
				log.Print(v, string(debug.Stack()))
			default:
				log.Print(v, string(debug.Stack()))
			}
		}()
		_ = next(w, r)
	}
}

func m7(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			if v := recover(); v != nil && v != http.ErrAbortHandler {
				log.Printf("%v\n%s", v, debug.Stack())
				w.WriteHeader(500)
			}
		}()
		next.ServeHTTP(w, r)
	})
}

func m8(mux *http.ServeMux) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			if v := recover(); v != nil {
				log.Printf("%v\n%s", v, debug.Stack())
			}
		}()
		mux.ServeHTTP(w, r)
	})
}
