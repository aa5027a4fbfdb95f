// Package routes registers handlers.
//
// Incident #twice: hyperledger-firefly/firefly#389
// Incident #clients: hetznercloud/hcloud-go#288
package routes

import (
	"expvar"
	"flag"
	"net/http"
)

func health(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) }

func list(w http.ResponseWriter, _ *http.Request) { w.Write([]byte("[]")) }

// Admin mounts the administration.
func Admin() *http.ServeMux {
	mux := http.NewServeMux()
	mux.HandleFunc("/healthz", health)
	mux.HandleFunc("/items", list)
	mux.HandleFunc("/healthz", list) // FAULT dup-registration #twice panic: conflicts with pattern
	return mux
}

type registry struct{ mux *http.ServeMux }

func (r *registry) mount() {
	const status = "/status"
	r.mux.Handle("/metrics", http.HandlerFunc(list))
	r.mux.Handle(status, http.HandlerFunc(health))
	r.mux.Handle("/"+"status", http.HandlerFunc(health)) // FAULT dup-registration #clients panic: conflicts with pattern
}

// Flags defines flags.
func Flags(name string) *flag.FlagSet {
	fs := flag.NewFlagSet(name, flag.ContinueOnError)
	fs.String("addr", ":80", "address")
	fs.Bool("v", false, "verbose")
	fs.Int("v", 0, "level") // FAULT dup-registration #flags panic: flag redefined: v
	return fs
}

// Publish publishes counters.
func Publish() {
	expvar.NewInt("corpus_requests")
	expvar.NewFloat("corpus_requests") // FAULT dup-registration #expvar panic: Reuse of exported var name
}

// Methods mounts the same path for two methods.
func Methods() *http.ServeMux {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /items", list)
	mux.HandleFunc("POST /items", health)     // FINE dup-registration #methods: another method
	mux.HandleFunc("/items/", list)           // FINE dup-registration #methods: another pattern
	mux.HandleFunc("example.com/items", list) // FINE dup-registration #methods: another host
	return mux
}

// Two mounts the same path on two muxes.
func Two() (a, b *http.ServeMux) {
	a, b = http.NewServeMux(), http.NewServeMux()
	a.HandleFunc("/healthz", health)
	b.HandleFunc("/healthz", health) // FINE dup-registration #two: another mux
	return a, b
}

// Either mounts one or the other.
func Either(full bool) *http.ServeMux {
	mux := http.NewServeMux()
	if full {
		mux.HandleFunc("/", list)
	} else {
		mux.HandleFunc("/", health) // FINE dup-registration #either: the other branch
	}
	return mux
}

// Commands defines the same flag for two commands.
func Commands() (get, put *flag.FlagSet) {
	get = flag.NewFlagSet("get", flag.ContinueOnError)
	put = flag.NewFlagSet("put", flag.ContinueOnError)
	get.Bool("force", false, "")
	put.Bool("force", false, "") // FINE dup-registration #commands: another set of flags
	return get, put
}

func newRegistry() *registry { return &registry{mux: http.NewServeMux()} }
