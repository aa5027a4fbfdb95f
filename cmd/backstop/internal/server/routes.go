package server

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"runtime/debug"
	"strings"

	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// handler is every route and what stands in front of them.
func (a *App) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /api/v1/events", a.postEvents)
	mux.HandleFunc("POST /api/v1/hello", a.postHello)
	mux.HandleFunc("GET /api/v1/issues", a.getIssues)
	mux.HandleFunc("GET /api/v1/issues/{id}", a.getIssue)
	mux.HandleFunc("POST /api/v1/issues/{id}", a.postIssue)
	mux.HandleFunc("GET /api/v1/events/{id}", a.getEvent)
	mux.HandleFunc("GET /api/v1/services", a.getServices)
	mux.HandleFunc("/api/", a.noRoute)
	mux.HandleFunc("GET /healthz", a.health)
	mux.Handle("GET /metrics", promhttp.HandlerFor(a.metrics.registry, promhttp.HandlerOpts{
		ErrorHandling:       promhttp.HTTPErrorOnError,
		MaxRequestsInFlight: 10,
	}))
	api := headers(a.sameSite(mux))
	outer := http.NewServeMux()
	for _, path := range []string{"/api/", "/healthz", "/metrics"} {
		outer.Handle(path, api)
	}
	outer.Handle("/", a.ui())
	return a.recovered(a.ownHost(outer))
}

// noRoute answers in JSON what the mux would answer in text. Patterns of the
// mux with a method leave the other methods of the same path to this one.
func (a *App) noRoute(w http.ResponseWriter, r *http.Request) {
	known := []string{"/api/v1/events", "/api/v1/hello", "/api/v1/issues", "/api/v1/services"}
	for _, path := range known {
		if r.URL.Path == path || strings.HasPrefix(r.URL.Path, path+"/") && (path == "/api/v1/issues" || path == "/api/v1/events") {
			a.fail(w, r, errMethod)
			return
		}
	}
	a.fail(w, r, errNoRoute)
}

// recovered answers 500 when a handler panics, and logs the stack.
func (a *App) recovered(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			v := recover()
			if v == nil {
				return
			}
			if err, ok := v.(error); ok && errors.Is(err, http.ErrAbortHandler) {
				panic(v)
			}
			a.metrics.panics.Inc()
			a.log.Error("panic in a handler", "path", r.URL.Path, "value", fmt.Sprint(v), "stack", string(debug.Stack()))
			a.fail(w, r, errInternal)
		}()
		next.ServeHTTP(w, r)
	})
}

// ownHost refuses requests to a loopback address under another name: a page of
// an attacker whose name was made to resolve to this machine (DNS rebinding).
func (a *App) ownHost(next http.Handler) http.Handler {
	if !a.Loopback() {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !localName(r.Host) {
			a.fail(w, r, errHost)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func localName(hostport string) bool {
	host, _, err := net.SplitHostPort(hostport)
	if err != nil {
		host = strings.Trim(hostport, "[]")
	}
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.Unmap().IsLoopback()
}

// sameSite refuses what a page of another site makes a browser send. The pages
// do so too, with a page for an answer.
func (a *App) sameSite(next http.Handler) http.Handler {
	protection := http.NewCrossOriginProtection()
	protection.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a.fail(w, r, errOrigin)
	}))
	return protection.Handler(next)
}

// headers sets what holds for every answer that is not a page.
func headers(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
		if strings.HasPrefix(r.URL.Path, "/api/") {
			h.Set("Cache-Control", "no-store")
		}
		next.ServeHTTP(w, r)
	})
}
