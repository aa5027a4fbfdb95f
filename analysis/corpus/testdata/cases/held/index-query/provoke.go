//go:build provoke

package query

import (
	"net/http/httptest"
)

// Provoke has what makes each labelled line happen.
func Provoke() map[string]func() {
	return map[string]func(){
		"api":       func() { Session(httptest.NewRecorder(), httptest.NewRequest("GET", "/a", nil)) },
		"token":     func() { Token(httptest.NewRequest("GET", "/a", nil)) },
		"pair":      func() { Pair("") },
		"page":      func() { Page(httptest.NewRequest("GET", "/a?page=7", nil), nil) },
		"forwarded": func() { Forwarded(httptest.NewRequest("GET", "/a", nil)) },
		"apifixed":  func() { SessionFixed(httptest.NewRequest("GET", "/a/b/c", nil)) },
		"pairfixed": func() { PairFixed("") },
		"pagefixed": func() { PageFixed(httptest.NewRequest("GET", "/a?page=-7", nil), nil) },
		"suffix":    func() { Suffix("a") },
		"before":    func() { Before("a") },
		"search":    func() { Search(nil, 1) },
	}
}
