package shapes

import (
	"encoding/json"
	"fmt"
	"html/template"
	"log"
	"net/http"
	"runtime/debug"
)

func abort(w http.ResponseWriter, r *http.Request) {
	panic(http.ErrAbortHandler)
}

func newHandler(t *template.Template) http.Handler {
	if t == nil {
		panic("nil template")
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = t.Execute(w, nil)
	})
}

func mw(next http.Handler) http.Handler {
	if next == nil {
		panic("nil next")
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			if v := recover(); v != nil {
				if v == http.ErrAbortHandler {
					panic(v)
				}
				log.Printf("%v %s", v, debug.Stack())
				w.WriteHeader(500)
			}
		}()
		next.ServeHTTP(w, r)
	})
}

type kind int

const (
	ka kind = iota
	kb
)

func show(w http.ResponseWriter, r *http.Request) {
	k := ka
	switch k {
	case ka, kb:
	default:
		panic(fmt.Sprintf("unknown kind %d", k))
	}
}

func guarded(w http.ResponseWriter, r *http.Request) {
	defer func() {
		if v := recover(); v != nil {
			log.Printf("%v %s", v, debug.Stack())
			http.Error(w, "oops", 500)
		}
	}()
	if r.FormValue("x") == "" {
		panic("no x")
	}
}

var tmpl = template.Must(template.New("x").Parse("x"))

func marshal(w http.ResponseWriter, r *http.Request) {
	b, err := json.Marshal(map[string]string{"a": "b"})
	if err != nil {
		panic(err)
	}
	w.Write(b)
}

func register(mux *http.ServeMux, path string) {
	if path == "" {
		panic("empty path")
	}
	mux.HandleFunc(path, show)
}

func onlyDebug(w http.ResponseWriter, r *http.Request) {
	// a route to test the panic middleware of the service
	http.Error(w, "no", 404)
}
