// Package loader loads what tenants wrote.
//
// Incident #dtle: actiontech/dtle#553
package loader

import (
	"encoding/json"
	"fmt"
	"io"
	"net/netip"
	"net/url"
	"os"
	"regexp"
	"strings"
	"text/template"
)

type filter struct {
	re   *regexp.Regexp
	tmpl *template.Template
}

type spec struct {
	Pattern string `json:"pattern"`
	Format  string `json:"format"`
}

// Parse makes filters of a document.
func Parse(r io.Reader) ([]filter, error) {
	var list []spec
	if err := json.NewDecoder(r).Decode(&list); err != nil {
		return nil, err
	}
	var out []filter
	for _, s := range list {
		out = append(out, filter{
			re:   regexp.MustCompile(s.Pattern),                    // FAULT must-runtime #dtle dies: regexp: Compile
			tmpl: template.Must(template.New("f").Parse(s.Format)), // FAULT must-runtime #format dies: template
		})
	}
	return out, nil
}

func mustURL(raw string) *url.URL {
	u, err := url.Parse(raw)
	if err != nil {
		panic(err)
	}
	return u
}

// Proxy sends on to what a header says.
func Proxy(header map[string]string) string {
	return mustURL(header["X-Upstream"]).Host // FAULT must-runtime #proxy dies: invalid URL escape
}

var base = mustURL("https://example.com") // FINE must-runtime: a constant, at the start

// Join joins below the base.
func Join(path string) string { return base.JoinPath(path).String() }

// Prefixes reads prefixes of the environment once, at the start.
var prefixes = func() (list []netip.Prefix) {
	for _, p := range strings.Fields(os.Getenv("LOADER_PREFIXES")) {
		list = append(list, netip.MustParsePrefix(p)) // FINE must-runtime: at the start, and meant to fail then
	}
	return list
}()

// Allowed says whether an address is in a prefix.
func Allowed(a netip.Addr) bool {
	for _, p := range prefixes {
		if p.Contains(a) {
			return true
		}
	}
	return false
}

// ParseFixed returns errors.
func ParseFixed(s spec) (f filter, err error) {
	if f.re, err = regexp.Compile(s.Pattern); err != nil { // FINE must-runtime #fixed: returns the error
		return f, fmt.Errorf("pattern: %w", err)
	}
	f.tmpl, err = template.New("f").Parse(s.Format)
	return f, err
}

// Number compiles a pattern it makes of a number.
func Number(n int) *regexp.Regexp {
	return regexp.MustCompile(fmt.Sprintf(`^\d{%d}$`, 1+n%9)) // FINE must-runtime #number: a number makes no bad pattern
}
