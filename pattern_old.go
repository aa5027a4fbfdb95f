//go:build !go1.23

package backstop

import "net/http"

// pattern is unknown: http.Request.Pattern exists from Go 1.23.
func pattern(*http.Request) string { return "" }
