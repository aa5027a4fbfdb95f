//go:build provoke

package cache

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
)

// Provoke has what makes each labelled line happen.
func Provoke() map[string]func() {
	return map[string]func(){
		"open":  func() { mux := http.NewServeMux(); Routes(mux); hammer(mux, many) },
		"close": func() { mux := http.NewServeMux(); Routes(mux); hammer(mux, many) },
		"rcon": func() {
			for range 100 {
				Players(names(100000), func(s string) int { return len(s) })
			}
		},
		"rconfixed": func() { PlayersFixed(names(999), func(s string) int { return len(s) }) },
		"embedded":  func() { hammer(New(nil), enough) },
		"request":   func() { hammer(http.HandlerFunc(Request), enough) },
		"code": func() {
			hammer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, Code(200)) }), enough)
		},
	}
}

func names(n int) (out []string) {
	for i := range n {
		out = append(out, strconv.Itoa(i))
	}
	return out
}

// Requests of each of eight goroutines: a fault ends the process within the first few
// thousand, nearly always; what is no fault would go through all of them each time.
const (
	many   = 30000
	enough = 5000
)

func hammer(h http.Handler, requests int) {
	var wg sync.WaitGroup
	for j := range 8 {
		wg.Go(func() {
			for i := range requests {
				r := httptest.NewRequest("GET", "/", nil)
				r.Header.Set("X-Tenant", strconv.Itoa((i+j)%50))
				h.ServeHTTP(httptest.NewRecorder(), r)
			}
		})
	}
	wg.Wait()
}
