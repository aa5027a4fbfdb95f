//go:build go1.23

package backstop

import "net/http"

// pattern is the route that net/http's mux matched.
func pattern(r *http.Request) string { return r.Pattern }
