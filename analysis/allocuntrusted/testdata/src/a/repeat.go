package a

import (
	"net/http"
	"strconv"
	"strings"
)

func padding(r *http.Request) string {
	n, err := strconv.Atoi(r.FormValue("n"))
	if err != nil || n < 0 {
		return ""
	}
	return strings.Repeat("ab", n) // want `strings.Repeat takes its size from strconv.Atoi without an upper limit`
}

func padded(r *http.Request) string {
	n, err := strconv.Atoi(r.FormValue("n"))
	if err != nil || n < 0 || n > 80 {
		return ""
	}
	return strings.Repeat(" ", n) // compared with a limit
}
