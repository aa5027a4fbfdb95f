//go:build provoke

package inflight

import (
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
)

// Provoke has what makes each labelled line happen.
func Provoke() map[string]func() {
	return map[string]func(){
		"inflight": func() {
			c := &Client{inflight: map[uint16]string{}}
			in := make(chan uint16)
			c.Start(in, make(chan struct{}))
			for i := range 10000000 {
				in <- uint16(i)
			}
		},
		"staging": func() {
			for range 3000 {
				Ingest(names(64), func(s string) int { return len(s) })
			}
		},
		"adv":           func() { hammer(&exporter{map[string]float64{}}) },
		"metadata":      func() { hammer(http.HandlerFunc(Wrap)) },
		"inflightfixed": func() { c := &Client{safe: map[uint16]string{}}; c.Both(); c.Get(1) },
		"own":           func() { Own([][]string{names(99), names(99)}) },
		"readonly":      func() { ReadOnly(names(999)) },
		"collect":       func() { Collect(names(99), func(string) int { return 1 }) },
		"before":        func() { Before(names(99)) },
		"syncs":         func() { Syncs(names(999)) },
	}
}

func names(n int) (out []string) {
	for i := range n {
		out = append(out, strconv.Itoa(i))
	}
	return out
}

func hammer(h http.Handler) {
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for i := range 100000 {
				h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/"+strconv.Itoa(i%50), nil))
			}
		})
	}
	wg.Wait()
}
