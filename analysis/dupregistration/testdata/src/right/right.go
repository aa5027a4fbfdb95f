package right

import (
	"expvar"
	"flag"
	"net/http"
	"sync"
)

func h(http.ResponseWriter, *http.Request) {}

func two() {
	a, b := http.NewServeMux(), http.NewServeMux()
	a.HandleFunc("/x", h)
	b.HandleFunc("/x", h)
}

func branch(tls bool) {
	mux := http.NewServeMux()
	if tls {
		mux.HandleFunc("/x", h)
	} else {
		mux.HandleFunc("/x", h)
	}
	mux.HandleFunc("/x/", h)
	mux.HandleFunc("GET /y", h)
	mux.HandleFunc("POST /y", h)
	mux.HandleFunc("/y", h)
	mux.HandleFunc("example.com/y", h)
}

func early(tls bool) {
	mux := http.NewServeMux()
	if tls {
		mux.HandleFunc("/x", h)
		return
	}
	mux.HandleFunc("/x", h)
}

func loop(names []string) {
	for _, n := range names {
		mux := http.NewServeMux()
		mux.HandleFunc("/x", h)
		fs := flag.NewFlagSet(n, flag.ContinueOnError)
		fs.String("a", "", "")
	}
}

var once sync.Once

func lazily(names []string) {
	for range names {
		once.Do(func() { expvar.NewInt("n") })
	}
}

func guarded() {
	if expvar.Get("g") == nil {
		expvar.NewInt("g")
	}
	if expvar.Get("g") == nil {
		expvar.NewInt("g")
	}
}

func sw(kind string, mux *http.ServeMux) {
	switch kind {
	case "a":
		mux.HandleFunc("/k", h)
	case "b":
		mux.HandleFunc("/k", h)
	}
}

func firstOnly(xs []string) {
	for _, x := range xs {
		if x == "a" {
			http.HandleFunc("/first", h)
			break
		}
	}
}

func registered(seen map[string]bool, ps []string) {
	for _, p := range ps {
		if seen[p] {
			continue
		}
		seen[p] = true
		http.HandleFunc(p, h)
	}
}

func sub(parent *http.ServeMux) {
	in := http.NewServeMux()
	in.HandleFunc("/list", h)
	parent.Handle("/v1/", http.StripPrefix("/v1", in))
	in2 := http.NewServeMux()
	in2.HandleFunc("/list", h)
	parent.Handle("/v2/", http.StripPrefix("/v2", in2))
}

func table() {
	for _, p := range []string{"/p", "/q", "/r"} {
		http.HandleFunc(p, h)
	}
}

func main() {
	flag.String("a", "", "")
	flag.CommandLine = flag.NewFlagSet("x", flag.ExitOnError)
	flag.String("a", "", "")
}

func table3(skip map[string]bool) {
	for _, p := range []string{"/t3", "/q3", "/t3"} {
		if skip[p] {
			continue
		}
		http.HandleFunc(p, h)
	}
}

func add2(mux *http.ServeMux, p string) { mux.HandleFunc(p, h) }

func adds() {
	mux, other := http.NewServeMux(), http.NewServeMux()
	add2(mux, "/a")
	add2(other, "/a")
	add2(mux, "/b")
	reg := func(p string) { mux.HandleFunc(p, h) }
	reg("/c")
	reg("/d")
	for _, r := range []struct {
		method, p string
	}{{"GET", "/p1"}, {"POST", "/p1"}} {
		mux.HandleFunc(r.method+" "+r.p, h)
	}
}

func perConn(muxes []*http.ServeMux) {
	for _, m := range muxes {
		add2(m, "/x")
	}
}

type route struct {
	path string
	name string
}

func rows(mux *http.ServeMux) {
	for _, r := range []route{{"/r1", "a"}, {"/r2", "a"}, {path: "/r3", name: "/r1"}} {
		mux.HandleFunc(r.path, h)
	}
}

func usage(fs *flag.FlagSet, prefix, use string) { fs.String(prefix+"a", "", use) }

func usages(fs *flag.FlagSet) {
	usage(fs, "a", "x")
	usage(fs, "b", "x")
}
