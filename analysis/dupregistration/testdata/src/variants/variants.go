package variants

import (
	"database/sql"
	"encoding/gob"
	"expvar"
	"flag"
	"net/http"
)

const health = "/healthz"

func h(http.ResponseWriter, *http.Request) {}

func routes(mux *http.ServeMux) {
	mux.HandleFunc("/a", h)
	mux.HandleFunc(health, h)
	mux.HandleFunc("/healthz", h) // want `panics`
}

func base(mux *http.ServeMux) { mux.HandleFunc("/metrics", h) }

func more() *http.ServeMux {
	mux := http.NewServeMux()
	base(mux)
	mux.HandleFunc("/metrics", h) // want `panics`
	return mux
}

type app struct {
	mux *http.ServeMux
	fs  *flag.FlagSet
}

func (a *app) init() {
	a.mux.Handle("GET /x/{id}", http.HandlerFunc(h))
	a.mux.Handle("GET /x/{name}", http.HandlerFunc(h)) // want `panics`
}

func (a *app) flags() {
	a.fs.String("addr", "", "")
	var n int
	a.fs.IntVar(&n, "n", 1, "")
	a.fs.StringVar(new(string), "addr", "", "") // want `panics`
}

var _ = flag.String("listen", ":80", "")

func init() {
	flag.String("listen", "", "") // want `panics`
}

var hits = expvar.NewInt("hits")

func loopy(names []string) {
	for range names {
		expvar.NewInt("reqs") // want `panics`
	}
}

func table() {
	for _, p := range []string{"/p", "/q", "/p"} {
		http.HandleFunc(p, h) // want `panics`
	}
}

func table2() {
	for _, r := range []struct {
		p string
		h http.HandlerFunc
	}{{"/p1", h}, {"/q1", h}, {"/p1", h}} {
		http.HandleFunc(r.p, r.h) // want `panics`
	}
}

func perReq(w http.ResponseWriter, r *http.Request) {
	http.HandleFunc("/dyn", h)
}

func newClient() { expvar.NewInt("client.calls") } // want `is registered by two calls`

func two() {
	newClient()
	newClient() // the finding is in newClient? BAD?
}

func sub(mux *http.ServeMux, prefix string) {
	mux.HandleFunc(prefix+"/list", h)
}

func subs() {
	mux := http.NewServeMux()
	sub(mux, "/a")
	sub(mux, "/a")
}

func drv(d interface{ X() }) {
	gob.RegisterName("a", 1)
	gob.RegisterName("a", "x") // want `panics`
	sql.Drivers()
}

func closures() {
	mux := http.NewServeMux()
	add := func(p string) { mux.HandleFunc(p, h) } // want `is registered by two calls`
	add("/x")
	add("/y")
	add("/x") // via
}

func trail() {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /files/{path...}", h)
	mux.HandleFunc("GET /files/{rest...}", h) // want `panics`
	mux.HandleFunc("GET /{kind}/latest", h) // want `conflicts with`
	mux.HandleFunc("GET /files/{id}", h) // want `panics`
}

func main() {
	http.HandleFunc("/main", h)
	setup()
	http.ListenAndServe("", nil)
}

func setup() {
	http.DefaultServeMux.HandleFunc("/main", h) // want `panics`
}
