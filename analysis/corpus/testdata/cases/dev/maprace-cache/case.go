// Package cache caches for handlers.
//
// Incident #close: zahir-core/grest#36
// Incident #rcon: RefractorGSCM/Refractor#38
package cache

import (
	"fmt"
	"net/http"
	"sync"
	"time"
)

type db struct{ conns map[string]int }

// Handler answers with a connection for each tenant.
func (d *db) Handler(w http.ResponseWriter, r *http.Request) {
	tenant := r.Header.Get("X-Tenant")
	if _, ok := d.conns[tenant]; !ok {
		d.conns[tenant] = len(tenant) // FAULT map-race #open fatal: concurrent map
	}
	defer d.CloseConn(tenant)
	fmt.Fprint(w, tenant)
}

// CloseConn forgets a connection.
func (d *db) CloseConn(tenant string) {
	delete(d.conns, tenant) // FAULT map-race #close fatal: concurrent map
}

// Routes mounts it.
func Routes(mux *http.ServeMux) {
	d := &db{conns: make(map[string]int)}
	mux.HandleFunc("/", d.Handler)
}

// Players asks all servers and counts answers meanwhile.
func Players(servers []string, ask func(string) int) (total int) {
	online := make(map[string]int)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for _, s := range servers {
			online[s] = ask(s) // FAULT map-race #rcon fatal: concurrent map
		}
	}()
	deadline := time.After(200 * time.Millisecond)
	for {
		select {
		case <-done:
			return total
		case <-deadline:
			return -1
		default:
			total = 0
			for _, n := range online { // ALSO map-race: the other side of the same race
				total += n
			}
		}
	}
}

// PlayersFixed waits first.
func PlayersFixed(servers []string, ask func(string) int) (total int) {
	online := make(map[string]int)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for _, s := range servers {
			online[s] = ask(s) // FINE map-race #rconfixed: read after the channel is closed only
		}
	}()
	<-done
	for _, n := range online { // FINE map-race #rconfixed: after the writer ended
		total += n
	}
	return total
}

type safe struct {
	sync.Mutex
	hits map[string]int
}

func (s *safe) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.Lock()
	s.hits[r.URL.Path]++ // FINE map-race #embedded: under the embedded lock
	s.Unlock()
	fmt.Fprint(w, "ok")
}

// Request makes a map for each request.
func Request(w http.ResponseWriter, r *http.Request) {
	vals := make(map[string]string)
	for k := range r.Header {
		vals[k] = r.Header.Get(k) // FINE map-race #request: a map of this request
	}
	fmt.Fprint(w, len(vals))
}

// New fills the map in the constructor.
func New(paths []string) http.Handler {
	s := &safe{hits: make(map[string]int)}
	for _, p := range paths {
		s.hits[p] = 0 // FINE map-race: nobody else has it yet
	}
	return s
}

var (
	codesOnce sync.Once
	codes     map[int]string
)

// Code fills once.
func Code(n int) string {
	codesOnce.Do(func() {
		codes = make(map[int]string)
		codes[http.StatusOK] = "fine" // FINE map-race #code: once, before anybody reads
	})
	return codes[n]
}
