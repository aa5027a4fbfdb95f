//go:build provoke

package fetch

import (
	"errors"
	"net/http"
	"strings"
)

// Provoke has what makes each labelled line happen.
func Provoke() map[string]func() {
	return map[string]func(){
		"flagd":           func() { r, _ := http.NewRequest("GET", "http://127.0.0.1:1", nil); Get(http.DefaultClient, r) },
		"gzip":            func() { Unpack(strings.NewReader("")) },
		"status":          func() { Status("http://127.0.0.1:1") },
		"checkpoint":      func() { (&Checker{func() (*info, error) { return nil, errors.New("x") }}).Check() },
		"flagdfixed":      func() { r, _ := http.NewRequest("GET", "http://127.0.0.1:1", nil); GetFixed(http.DefaultClient, r) },
		"gzipfixed":       func() { UnpackFixed(strings.NewReader("")) },
		"checkpointfixed": func() { (&Checker{func() (*info, error) { return nil, errors.New("x") }}).CheckFixed() },
		"size":            func() { Size("/no/such") },
		"close":           func() { Close("/no/such") },
		"partial":         func() { Partial(strings.NewReader(""), make([]byte, 3)) },
		"body":            func() { r, _ := http.NewRequest("GET", "http://127.0.0.1:1", nil); Body(http.DefaultClient, r) },
	}
}
