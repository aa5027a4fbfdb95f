// Package web renders the collector's pages: what crashed, why, whether recover
// could have caught it, and for which request. Start with [New].
//
// Pages are made on the server, work without JavaScript (there is none) and
// keep their whole state in the URL. Crash text is written by whoever crashed
// the program, so it is hostile: templates escape it, a strict content security
// policy stands behind them, and characters that a browser would not show are
// made visible. The package reads through store.Reader and changes nothing
// itself; the one thing a page can ask for, a new status of an issue, goes
// through Options.Resolve.
package web

import (
	"context"
	"embed"
	"errors"
	"html/template"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"github.com/backstop-go/backstop/cmd/backstop/internal/issue"
	"github.com/backstop-go/backstop/cmd/backstop/internal/store"
)

//go:embed templates
var files embed.FS

// Options change what New makes. The zero value works.
type Options struct {
	// Resolve gives an issue a new status, issue.Resolved or issue.Ongoing.
	// When it is nil, pages offer no button and a POST is answered with 404.
	Resolve func(ctx context.Context, id int64, status issue.Status) error

	// Now is the clock that "3 min ago" is counted from. Default time.Now.
	Now func() time.Time

	// Version is shown at the foot of each page. Default: not shown.
	Version string

	// Collector is the base URL that the page for newcomers tells them to
	// send crashes to. Default: the address the page was asked for at.
	Collector string

	// API is set when the JSON API is served next to the pages, at /api/v1:
	// pages then link to the JSON of what they show.
	API bool

	// Logger gets what went wrong while a page was made; visitors never see
	// it. Default: discarded.
	Logger *slog.Logger
}

type app struct {
	store   store.Reader
	opts    Options
	log     *slog.Logger
	pages   map[string]*template.Template
	assets  map[string]asset
	started time.Time
}

// New returns the handler of all pages. It must be mounted at the root: links
// are absolute. It panics only when the templates embedded in this binary are
// broken, which every test of this package would show.
func New(r store.Reader, o Options) http.Handler {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	a := &app{store: r, opts: o, log: o.Logger, started: o.Now()}
	a.assets = loadAssets()
	a.pages = parsePages(a.funcs())

	mux := http.NewServeMux()
	mux.Handle("GET /{$}", a.page(a.overview))
	mux.Handle("GET /issues", a.page(a.issues))
	mux.Handle("GET /issues/{id}", a.page(a.issue))
	mux.Handle("GET /events/{id}", a.page(a.event))
	mux.Handle("GET /events/{id}/text", a.page(a.eventText))
	mux.Handle("GET /events/{id}/message", a.page(a.eventMessage))
	mux.Handle("GET /classes", a.page(a.classes))
	mux.Handle("GET /classes/{class}", a.page(a.class))
	mux.Handle("GET /rules", a.page(a.rules))
	mux.Handle("GET /rules/{rule}", a.page(a.rule))
	mux.HandleFunc("GET /assets/{name}", a.asset)
	mux.HandleFunc("GET /favicon.ico", a.favicon) // asked for by answers of plain text
	if o.Resolve != nil {
		mux.Handle("POST /issues/{id}/status", a.page(a.setStatus))
	}

	csrf := http.NewCrossOriginProtection()
	csrf.SetDenyHandler(a.page(func(w http.ResponseWriter, r *http.Request) error {
		return errCrossOrigin
	}))
	return secure(csrf.Handler(a.route(mux)))
}

// secure sets the headers that hold for every answer, errors included. There is
// no script in any page, so the policy allows none at all.
func secure(next http.Handler) http.Handler {
	const policy = "default-src 'none'; style-src 'self'; img-src 'self' data:; " +
		"form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		next.ServeHTTP(w, r)
	})
}

// route lets the mux decide, and turns its own plain refusals (no such page, no
// such method) into pages.
func (a *app) route(mux *http.ServeMux) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h, pattern := mux.Handler(r)
		if pattern != "" {
			mux.ServeHTTP(w, r)
			return
		}
		refusal := &statusRecorder{header: http.Header{}}
		h.ServeHTTP(refusal, r)
		if allow := refusal.header.Get("Allow"); allow != "" {
			w.Header().Set("Allow", allow)
			a.fail(w, r, errMethod)
			return
		}
		a.fail(w, r, store.ErrNotFound)
	})
}

// A statusRecorder keeps the headers of an answer and drops its body.
type statusRecorder struct{ header http.Header }

func (s *statusRecorder) Header() http.Header         { return s.header }
func (s *statusRecorder) Write(b []byte) (int, error) { return len(b), nil }
func (s *statusRecorder) WriteHeader(int)             {}

var (
	errCrossOrigin = errors.New("request from another site")
	errMethod      = errors.New("method not allowed")
	errBadForm     = errors.New("malformed form")
)

// setStatus is the one request that changes something.
func (a *app) setStatus(w http.ResponseWriter, r *http.Request) error {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		return store.ErrNotFound
	}
	r.Body = http.MaxBytesReader(w, r.Body, 4<<10)
	if err := r.ParseForm(); err != nil {
		return errBadForm
	}
	status := issue.Status(r.PostForm.Get("status"))
	if status != issue.Resolved && status != issue.Ongoing {
		return errBadForm
	}
	//backstop:ignore nil-func-go this page exists only when there is one
	if err := a.opts.Resolve(r.Context(), id, status); err != nil {
		return err
	}
	http.Redirect(w, r, issueURL(id), http.StatusSeeOther)
	return nil
}
