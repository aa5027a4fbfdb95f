package shapes

import (
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"strconv"
)

type api struct{ db map[string]*item }
type item struct{ Name string }

func (a *api) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet {
		panic("method not allowed") // want `answer with an error`
	}
	a.render(w, r)
}

func (a *api) render(w http.ResponseWriter, r *http.Request) {
	id, err := strconv.Atoi(r.URL.Query().Get("id"))
	if err != nil {
		panic(err) // want `answer with an error`
	}
	_ = id
}

func Login(w http.ResponseWriter, r *http.Request) {
	var c struct{ User string }
	must(json.NewDecoder(r.Body).Decode(&c))
}

func must(err error) {
	if err != nil {
		panic(err) // want `answer with an error`
	}
}

func Routes(mux *http.ServeMux) {
	mux.HandleFunc("/x", func(w http.ResponseWriter, r *http.Request) {
		if r.FormValue("token") == "" {
			panic(errors.New("no token")) // want `answer with an error`
		}
	})
	mux.Handle("/y", http.HandlerFunc(upload))
}

func upload(w http.ResponseWriter, r *http.Request) {
	f, err := os.Create("x")
	if err != nil {
		panic("cannot create: " + err.Error()) // want `answer with an error`
	}
	defer f.Close()
}

func auth(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		u, ok := r.Context().Value(key{}).(*item)
		if !ok {
			panic("auth: no user in context") // want `answer with an error`
		}
		_ = u
		next.ServeHTTP(w, r)
	})
}

type key struct{}

func (a *api) get(w http.ResponseWriter, r *http.Request) {
	it := a.db[r.PathValue("id")]
	switch {
	case it == nil:
		panic("not found") // want `answer with an error`
	}
	if err := json.NewEncoder(w).Encode(it); err != nil {
		panic(err) // want `answer with an error`
	}
}
