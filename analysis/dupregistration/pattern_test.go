package dupregistration

import (
	"net/http"
	"testing"
)

// Conflicts are those that http.ServeMux panics with.
func TestPatternsConflict(t *testing.T) {
	patterns := []string{
		"/", "/{$}", "/a", "/a/", "/a/{$}", "/a/b", "/{x}", "/{x}/", "/{x}/b", "/a/{y}", "/{x}/{y}", "/{x}/{$}", "/{rest...}", "/a/{rest...}",
		"/a/b/", "/a/b/{z}", "GET /", "GET /a", "HEAD /a", "POST /a", "GET /{x}", "GET /a/{rest...}", "POST /{x}/b", "example.com/a",
		"example.com/{x}", "GET example.com/a", "/a/{y}/c", "/{x}/b/c", "/{x}/b/{$}", "/a/{y}/", "GET /{x}/b/c",
	}
	for _, a := range patterns {
		for _, b := range patterns {
			if got, want := patternsConflict(a, b), refuses(a, b); got != want {
				t.Errorf("%s and %s: conflict %v, and ServeMux says %v", a, b, got, want)
			}
		}
	}
}

func refuses(a, b string) (yes bool) {
	defer func() { yes = recover() != nil }()
	mux := http.NewServeMux()
	mux.Handle(a, http.NotFoundHandler())
	mux.Handle(b, http.NotFoundHandler())
	return false
}
