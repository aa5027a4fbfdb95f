// Package query reads paths and parameters.
//
// Incident #api,#apifixed: gastownhall/gastown#1228
package query

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Session takes the name of the session out of the path.
func Session(w http.ResponseWriter, r *http.Request) {
	parts := strings.Split(r.URL.Path, "/")
	fmt.Fprint(w, parts[3]) // FAULT index-unchecked #api panic: index out of range
}

// Token takes the token out of a header.
func Token(r *http.Request) string {
	return strings.SplitN(r.Header.Get("Authorization"), " ", 2)[1] // FAULT index-unchecked #token panic: index out of range
}

var pair = regexp.MustCompile(`(\w+)=(\w+)`)

// Pair takes a match that may be none.
func Pair(s string) (string, string) {
	m := pair.FindStringSubmatch(s)
	return m[1], m[2] // FAULT index-unchecked #pair panic: index out of range
}

// Page takes one page of a list.
func Page(r *http.Request, list []string) string {
	n, err := strconv.Atoi(r.FormValue("page"))
	if err != nil {
		n = 0
	}
	return list[n] // FAULT index-unchecked #page panic: index out of range
}

// Forwarded takes the first address.
func Forwarded(r *http.Request) string {
	v := r.Header["X-Forwarded-For"]
	return v[0] // FAULT index-unchecked #forwarded panic: index out of range
}

// SessionFixed checks.
func SessionFixed(r *http.Request) string {
	parts := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	switch len(parts) {
	case 1:
		return parts[0] // FINE index-unchecked #apifixed: exactly one
	case 2, 3:
		return parts[1] // FINE index-unchecked #apifixed: two or three
	}
	return ""
}

// PairFixed checks for nil.
func PairFixed(s string) string {
	m := pair.FindStringSubmatch(s)
	if m == nil {
		return ""
	}
	return m[2] // FINE index-unchecked #pairfixed: a match has all its groups
}

// PageFixed checks both ends.
func PageFixed(r *http.Request, list []string) string {
	n, err := strconv.Atoi(r.FormValue("page"))
	if err != nil || n < 0 || n >= len(list) {
		return ""
	}
	return list[n] // FINE index-unchecked #pagefixed: both ends were tested
}

// Suffix finds before it cuts.
func Suffix(s string) string {
	i := strings.LastIndexByte(s, '/')
	return s[i+1:] // FINE index-unchecked #suffix: minus one plus one is zero
}

// Before finds before it cuts.
func Before(s string) string {
	if i := strings.Index(s, "?"); i >= 0 {
		return s[:i] // FINE index-unchecked #before: found
	}
	return s
}

// Search inserts where it is missing.
func Search(sorted []int, v int) bool {
	i, _ := slices.BinarySearch(sorted, v)
	return i < len(sorted) && sorted[i] == v // FINE index-unchecked #search: tested before
}
