package a

import (
	"database/sql"
	"encoding/gob"
	"expvar"
	"flag"
	"net/http"
	"sync"

	"github.com/gin-gonic/gin"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

func h(w http.ResponseWriter, r *http.Request) {}

type server struct {
	mux   *http.ServeMux
	other *http.ServeMux
}

// Faults.

func defaultMux() {
	http.HandleFunc("/a", h)
	http.Handle("/a", http.HandlerFunc(h)) // want `"/a" is registered in line \d+ already, and the second time ServeMux panics`
	http.DefaultServeMux.HandleFunc("/a", h) // want `"/a" is registered in line \d+`
}

func (s *server) routes() {
	s.mux.HandleFunc("GET /users/{id}", h)
	s.mux.HandleFunc("GET /users/{name}", h) // want `"GET /users/{name}" conflicts with "GET /users/{id}", which is registered in line \d+: ServeMux panics`
	s.other.HandleFunc("/{x}/b", h)
	s.other.HandleFunc("/a/{y}", h) // want `"/a/{y}" conflicts with "/{x}/b"`
}

func methods(mux *http.ServeMux) {
	mux.HandleFunc("GET /{x}", h)
	mux.HandleFunc("/c", h)         // want `"/c" conflicts with "GET /{x}"`
}

func rest(mux *http.ServeMux) {
	mux.HandleFunc("GET /{rest...}", h)
	mux.HandleFunc("GET /", h) // want `"GET /" conflicts with "GET /{rest...}"`
}

func inLoop(mux *http.ServeMux, names []string) {
	for range names {
		mux.HandleFunc("/loop", h) // want `"/loop" is registered in each round of the loop`
	}
}

func viaHelper(mux *http.ServeMux) {
	mux.HandleFunc("/health", h)
	register(mux)
}

func register(mux *http.ServeMux) {
	mux.HandleFunc("/health", h) // want `"/health" is registered in line \d+ already`
}

func conditional(mux *http.ServeMux, debug bool) {
	mux.HandleFunc("/debug", h)
	if debug {
		mux.HandleFunc("/debug", h) // want `"/debug" is registered in line \d+ already`
	}
}

func flags(fs *flag.FlagSet, s *string) {
	fs.String("addr", "", "")
	fs.StringVar(s, "addr", "", "") // want `"addr" is registered in line \d+ already, and the second time FlagSet panics`
}

var verbose = flag.Bool("v", false, "")

func init() {
	flag.Bool("v", true, "") // want `"v" is registered in line \d+ already`
}

func publish() {
	expvar.NewInt("requests")
	expvar.Publish("requests", expvar.NewString("other")) // want `"requests" is registered in line \d+`
}

func names() {
	sql.Register("db", nil)
	sql.Register("db", nil) // want `"db" is registered in line \d+`
	gob.RegisterName("n", server{})
	gob.RegisterName("n", &sync.Mutex{}) // want `"n" is registered in line \d+`
	gob.RegisterName("m", server{})      // want `"m" conflicts with "n"`
}

var (
	hits  = prometheus.NewCounter(prometheus.CounterOpts{Name: "hits"})
	one   = promauto.NewCounter(prometheus.CounterOpts{Namespace: "x", Name: "one"})
	again = promauto.NewCounter(prometheus.CounterOpts{Namespace: "x", Name: "one", Help: "again"}) // want `"x_one" is registered in line \d+`
)

func collectors() {
	prometheus.MustRegister(hits)
	prometheus.MustRegister(hits) // want `"hits" is registered in line \d+`
}

func ginRoutes() {
	r := gin.New()
	r.GET("/users/:id", nil)
	r.GET("/users/:name", nil) // want `"GET /users/:name" conflicts with "GET /users/:id"`
	r.POST("/users/:id", nil)
	g := r.Group("/api")
	g.GET("/users/:id", nil)
}

// No faults.

func another(a, b *http.ServeMux, s *server) {
	a.HandleFunc("/a", h)
	b.HandleFunc("/a", h) // another mux
	s.mux.HandleFunc("/x", h)
	s.other.HandleFunc("/x", h) // another field
	m, n := http.NewServeMux(), http.NewServeMux()
	m.HandleFunc("/", h)
	n.HandleFunc("/", h)
}

func patterns(mux *http.ServeMux) {
	mux.HandleFunc("/files", h)
	mux.HandleFunc("/files/", h)    // the subtree
	mux.HandleFunc("/files/{$}", h) // the end
	mux.HandleFunc("GET /files", h) // more special
	mux.HandleFunc("POST /files", h)
	mux.HandleFunc("example.com/files", h) // a host
	mux.HandleFunc("/users/{id}", h)
	mux.HandleFunc("/users/new", h) // more special
	mux.HandleFunc("/users/{id}/posts", h)
	mux.HandleFunc("/{page}", h)
	mux.HandleFunc("/", h)
}

func branches(mux *http.ServeMux, tls bool) {
	if tls {
		mux.HandleFunc("/", h)
	} else {
		mux.HandleFunc("/", h) // only one of them runs
	}
	switch {
	case tls:
		flag.String("once", "", "")
	default:
		flag.String("once", "", "")
	}
}

func loops(names []string) {
	for _, n := range names {
		http.HandleFunc("/"+n, h) // computed
		mux := http.NewServeMux()
		mux.HandleFunc("/", h) // another one each round
	}
	for {
		http.HandleFunc("/stop", h)
		break
	}
}

var once sync.Once

func onlyOnce() {
	once.Do(func() { expvar.NewInt("once") })
	once.Do(func() { expvar.NewInt("once") })
}

func early(mux *http.ServeMux, old bool) {
	if old {
		mux.HandleFunc("/v", h)
		return
	}
	mux.HandleFunc("/v", h)
}

func labels(r *prometheus.Registry, s string) {
	promauto.NewCounter(prometheus.CounterOpts{Name: "l", ConstLabels: prometheus.Labels{"a": "1"}})
	promauto.NewCounter(prometheus.CounterOpts{Name: "l", ConstLabels: prometheus.Labels{"a": "2"}})
	promauto.NewCounter(prometheus.CounterOpts{Name: s})
	promauto.NewCounter(prometheus.CounterOpts{Name: s})
	r.MustRegister(hits)                        // another registry
	prometheus.NewRegistry().MustRegister(hits) // and another
	gob.RegisterName("same", server{})
	gob.RegisterName("same", server{}) // the same type
}
