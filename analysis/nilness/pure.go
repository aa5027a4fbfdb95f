package nilness

import (
	"net/http"
	"net/url"
	"regexp"
)

func always([]string) bool { return true }

// pure lists functions that fail because of their arguments only, and what tells
// whether constants are right.
var pure = map[string]func([]string) bool{
	"net/url.Parse":           func(a []string) bool { return len(a) == 1 && parses(a[0]) },
	"net/url.ParseRequestURI": func(a []string) bool { return len(a) == 1 && parses(a[0]) },
	"net/http.NewRequest": func(a []string) bool {
		return len(a) == 2 && request(a[0], a[1])
	},
	"net/http.NewRequestWithContext": func(a []string) bool {
		return len(a) == 2 && request(a[0], a[1])
	},
	"regexp.Compile": func(a []string) bool {
		if len(a) != 1 {
			return false
		}
		_, err := regexp.Compile(a[0])
		return err == nil
	},
	"time.LoadLocation":               always,
	"net.ParseCIDR":                   always,
	"compress/gzip.NewWriterLevel":    always,
	"compress/flate.NewWriter":        always,
	"compress/zlib.NewWriterLevel":    always,
	"(*text/template.Template).Parse": always,
	"(*html/template.Template).Parse": always,
}

func parses(s string) bool {
	_, err := url.Parse(s)
	return err == nil
}

func request(method, to string) bool {
	_, err := http.NewRequest(method, to, nil)
	return err == nil
}
