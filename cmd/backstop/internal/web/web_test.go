package web

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/backstop-go/backstop/analysis/rules"
	"github.com/backstop-go/backstop/cmd/backstop/internal/htmltest"
	"github.com/backstop-go/backstop/cmd/backstop/internal/issue"
	"github.com/backstop-go/backstop/cmd/backstop/internal/store"
)

func newHandler(t *testing.T, r store.Reader, o Options) http.Handler {
	t.Helper()
	o.Now = func() time.Time { return now }
	if o.Logger == nil {
		o.Logger = newTextLogger(logWriter{t})
	}
	return New(r, o)
}

// A logWriter sends the log of a handler to the test's own.
type logWriter struct{ t *testing.T }

func (w logWriter) Write(b []byte) (int, error) {
	w.t.Logf("%s", b)
	return len(b), nil
}

func noResolve(context.Context, int64, issue.Status) error { return nil }

func get(t *testing.T, h http.Handler, url string) *httptest.ResponseRecorder {
	t.Helper()
	return getContext(context.Background(), h, url)
}

func getContext(ctx context.Context, h http.Handler, url string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, url, nil).WithContext(ctx))
	return w
}

func newTextLogger(w io.Writer) *slog.Logger { return slog.New(slog.NewTextHandler(w, nil)) }

// open asks for a page, checks what holds for every page, and parses it.
func open(t *testing.T, h http.Handler, url string, status int) []htmltest.Element {
	t.Helper()
	w := get(t, h, url)
	if w.Code != status {
		t.Fatalf("GET %s: status %d, want %d", url, w.Code, status)
	}
	if ct := w.Header().Get("Content-Type"); ct != "text/html; charset=utf-8" {
		t.Errorf("GET %s: content type %q", url, ct)
	}
	all := htmltest.Parse(t, w.Body.String())
	htmltest.CheckPage(t, all)
	return all
}

// paths are all pages of the sample shop.
func paths() []string {
	out := []string{
		"/", "/?live=1", "/issues", "/issues?service=shop&status=new", "/issues?class=nonsense", "/issues?page=9",
		"/classes", "/rules", "/nothing", "/events/" + nilMap().ID, "/events/" + oomKill().ID, "/issues/1?range=7d",
	}
	for _, r := range rules.All() {
		out = append(out, "/rules/"+r.ID)
	}
	for i := 1; i <= 6; i++ {
		out = append(out, fmt.Sprintf("/issues/%d", i))
	}
	return out
}

func TestEveryPageIsWellFormed(t *testing.T) {
	h := newHandler(t, sampleShop(), Options{Resolve: noResolve, API: true, Version: "v0.1.0"})
	for _, p := range paths() {
		t.Run(p, func(t *testing.T) {
			status := 200
			if p == "/nothing" {
				status = 404
			}
			open(t, h, p, status)
		})
	}
}

func TestEveryLinkLeadsSomewhere(t *testing.T) {
	h := newHandler(t, sampleShop(), Options{Resolve: noResolve})
	seen := map[string]bool{}
	for todo := []string{"/"}; len(todo) > 0; todo = todo[1:] {
		w := get(t, h, todo[0])
		if w.Code != 200 {
			t.Errorf("%s is linked and answers %d", todo[0], w.Code)
		}
		if !strings.HasPrefix(w.Header().Get("Content-Type"), "text/html") {
			continue
		}
		for _, e := range htmltest.Parse(t, w.Body.String()) {
			to, _, _ := strings.Cut(e.Attr["href"], "#")
			if to != "" && !seen[to] {
				seen[to] = true
				todo = append(todo, to)
			}
		}
	}
	if len(seen) < 20 {
		t.Errorf("only %d links found", len(seen))
	}
}

func TestHeaders(t *testing.T) {
	h := newHandler(t, sampleShop(), Options{})
	for _, p := range []string{"/", "/issues/1", "/nothing", "/assets/style.css", "/events/" + nilMap().ID + "/text"} {
		header := get(t, h, p).Header()
		policy := header.Get("Content-Security-Policy")
		for _, want := range []string{"default-src 'none'", "style-src 'self'", "form-action 'self'", "frame-ancestors 'none'", "base-uri 'none'"} {
			if !strings.Contains(policy, want) {
				t.Errorf("%s: policy %q lacks %q", p, policy, want)
			}
		}
		if strings.Contains(policy, "unsafe") || strings.Contains(policy, "script-src") {
			t.Errorf("%s: policy %q allows scripts", p, policy)
		}
		if header.Get("X-Content-Type-Options") != "nosniff" || header.Get("Referrer-Policy") != "same-origin" {
			t.Errorf("%s: headers %v", p, header)
		}
	}
}

func TestAssets(t *testing.T) {
	h := newHandler(t, sampleShop(), Options{})
	for _, e := range open(t, h, "/", 200) {
		at := e.Attr["src"]
		if e.Tag == "link" {
			at = e.Attr["href"]
		}
		if at == "" {
			continue
		}
		w := get(t, h, at)
		if w.Code != 200 || w.Body.Len() == 0 || !strings.Contains(w.Header().Get("Cache-Control"), "immutable") {
			t.Errorf("%s: status %d, %d bytes, %v", at, w.Code, w.Body.Len(), w.Header())
		}
	}
	if w := get(t, h, "/assets/style.css?v=old"); w.Header().Get("Cache-Control") != "" {
		t.Error("an asset asked for by an old hash is kept for ever")
	}
	if w := get(t, h, "/assets/web.go"); w.Code != 404 {
		t.Errorf("status %d for an asset that does not exist", w.Code)
	}
}

func TestOverview(t *testing.T) {
	h := newHandler(t, sampleShop(), Options{})
	all := open(t, h, "/", 200)
	if got := htmltest.TextOf(all, "dl", "strip"); got != "Open issues 5 Events in the last hour 63 Events ever 1247 + 17 lost by senders Last crash 12 s ago" {
		t.Errorf("strip: %q", got)
	}
	services := htmltest.TextOf(all, "table", "services")
	for _, want := range []string{"shop production crashing", "catalogue staging quiet", "1246+ 17 lost"} {
		if !strings.Contains(strings.ReplaceAll(services, "\u202f", ""), want) {
			t.Errorf("services: %q lacks %q", services, want)
		}
	}
	if n := len(htmltest.Find(all, "svg", "")); n != 4 {
		t.Errorf("%d charts, want one for all services and one for each of 3", n)
	}
	if got := htmltest.TextOf(all, "desc", ""); got != "63 events in the last hour; at most 14 per minute, at Nov 20 14:09 UTC." {
		t.Errorf("chart: %q", got)
	}
	if got := htmltest.Find(all, "a", "name"); len(got) != 6 || !strings.Contains(got[0].Text, "index out of range") {
		t.Errorf("issues: %v", got)
	}
}

func TestNewcomersAreToldWhatToDo(t *testing.T) {
	all := open(t, newHandler(t, &memory{}, Options{Collector: "http://127.0.0.1:7070"}), "/", 200)
	main := htmltest.TextOf(all, "main", "")
	for _, want := range []string{"backstop run -collector http://127.0.0.1:7070", "backstop.Start(backstop.Options{", `Collector: "http://127.0.0.1:7070"`, "backstop.Handler(mux, "} {
		if !strings.Contains(main, want) {
			t.Errorf("the empty overview lacks %q", want)
		}
	}
	all = open(t, newHandler(t, &memory{}, Options{}), "/", 200)
	if main := htmltest.TextOf(all, "main", ""); !strings.Contains(main, "-collector http://example.com ") {
		t.Errorf("the address asked for is not offered: %q", main)
	}
}

func TestLiveIsTheVisitorsChoice(t *testing.T) {
	h := newHandler(t, sampleShop(), Options{})
	refresh := func(url string) (string, string) {
		all := open(t, h, url, 200)
		for _, e := range htmltest.Find(all, "meta", "") {
			if e.Attr["http-equiv"] == "refresh" {
				return e.Attr["content"], htmltest.Find(all, "a", "live")[0].Attr["href"]
			}
		}
		return "", htmltest.Find(all, "a", "live")[0].Attr["href"]
	}
	if every, toggle := refresh("/issues?status=new"); every != "" || toggle != "/issues?live=1&status=new" {
		t.Errorf("without live: refresh %q, link %q", every, toggle)
	}
	if every, toggle := refresh("/issues?live=1&status=new"); every != "5" || toggle != "/issues?status=new" {
		t.Errorf("with live: refresh %q, link %q", every, toggle)
	}
}

func TestIssueFilters(t *testing.T) {
	h := newHandler(t, sampleShop(), Options{})
	for _, c := range []struct {
		query string
		want  int
	}{{"", 6}, {"service=shop-worker", 1}, {"status=new", 2}, {"class=fatal.", 2}, {"class=panic.nil_map", 1}, {"service=shop&status=new", 1}, {"status=bogus", 0}} {
		all := open(t, h, "/issues?"+c.query, 200)
		if n := len(htmltest.Find(all, "a", "name")); n != c.want {
			t.Errorf("%s: %d issues, want %d", c.query, n, c.want)
		}
		q, _ := url.ParseQuery(c.query)
		for _, e := range htmltest.Find(all, "option", "") {
			if _, on := e.Attr["selected"]; on && q.Get("service") != e.Attr["value"] && q.Get("status") != e.Attr["value"] && q.Get("class") != e.Attr["value"] {
				t.Errorf("%s: the form says %q", c.query, e.Attr["value"])
			}
		}
		selected := 0
		for _, e := range htmltest.Find(all, "option", "") {
			if _, on := e.Attr["selected"]; on {
				selected++
			}
		}
		if selected != len(q) {
			t.Errorf("%s: %d choices selected, want %d", c.query, selected, len(q))
		}
	}
}

func TestPaging(t *testing.T) {
	m := &memory{}
	for i := range 2*issuesPerPage + 7 {
		e := nilMap()
		e.ID = fmt.Sprintf("%032x", i)
		m.add(e, issue.New, 1, now)
	}
	h := newHandler(t, m, Options{})
	for _, c := range []struct {
		url          string
		rows         int
		newer, older string
	}{
		{"/issues?service=shop", 50, "", "/issues?page=2&service=shop"},
		{"/issues?service=shop&page=2", 50, "/issues?service=shop", "/issues?page=3&service=shop"},
		{"/issues?page=3", 7, "/issues?page=2", ""},
		{"/issues?page=4", 0, "", ""},
		{"/issues?page=-3", 50, "", "/issues?page=2"},
		{"/issues?page=99999999999999999999", 50, "", "/issues?page=2"},
	} {
		all := open(t, h, c.url, 200)
		newer, older := "", ""
		for _, e := range htmltest.Find(all, "a", "") {
			switch e.Attr["rel"] {
			case "prev":
				newer = e.Attr["href"]
			case "next":
				older = e.Attr["href"]
			}
		}
		if rows := len(htmltest.Find(all, "a", "name")); rows != c.rows || newer != c.newer || older != c.older {
			t.Errorf("%s: %d rows, newer %q, older %q", c.url, rows, newer, older)
		}
	}
}

func TestResolve(t *testing.T) {
	var got []string
	o := Options{Resolve: func(_ context.Context, id int64, s issue.Status) error {
		if id == 99 {
			return store.ErrNotFound
		}
		got = append(got, fmt.Sprintf("%d %s", id, s))
		return nil
	}}
	h := newHandler(t, sampleShop(), o)
	post := func(path, body, site string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(body))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", site)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w
	}
	if w := post("/issues/1/status", "status=resolved", "same-origin"); w.Code != 303 || w.Header().Get("Location") != "/issues/1" {
		t.Errorf("status %d, %v", w.Code, w.Header())
	}
	if w := post("/issues/5/status", "status=ongoing", "none"); w.Code != 303 {
		t.Errorf("status %d", w.Code)
	}
	want := "[1 resolved 5 ongoing]"
	for _, c := range []struct {
		path, body, site string
		status           int
	}{
		{"/issues/1/status", "status=resolved", "cross-site", 403},
		{"/issues/1/status", "status=resolved", "same-site", 403},
		{"/issues/1/status", "status=regressed", "same-origin", 400},
		{"/issues/1/status", "", "same-origin", 400},
		{"/issues/1/status", "status=" + strings.Repeat("x", 1<<20), "same-origin", 400},
		{"/issues/1/status?status=resolved", "", "same-origin", 400},
		{"/issues/99/status", "status=resolved", "same-origin", 404},
		{"/issues/x/status", "status=resolved", "same-origin", 404},
		{"/issues/1", "status=resolved", "same-origin", 405},
	} {
		if w := post(c.path, c.body, c.site); w.Code != c.status {
			t.Errorf("%s %.30q from %s: status %d, want %d", c.path, c.body, c.site, w.Code, c.status)
		}
	}
	if w := get(t, h, "/issues/1/status"); w.Code != 405 || w.Header().Get("Allow") != "POST" {
		t.Errorf("GET of the form's address: status %d, %v", w.Code, w.Header())
	}
	if fmt.Sprint(got) != want {
		t.Errorf("resolved %v, want %s", got, want)
	}

	all := open(t, h, "/issues/5", 200)
	if got := htmltest.TextOf(all, "button", ""); got != "Reopen" {
		t.Errorf("the button of a resolved issue says %q", got)
	}
	h = newHandler(t, sampleShop(), Options{})
	if all := open(t, h, "/issues/1", 200); len(htmltest.Find(all, "form", "")) != 0 {
		t.Error("there is a button, and nothing behind it")
	}
	if w := post("/issues/1/status", "status=resolved", "same-origin"); w.Code != 404 {
		t.Errorf("without Resolve: status %d", w.Code)
	}
}

func TestErrorsArePages(t *testing.T) {
	m := sampleShop()
	var log strings.Builder
	h := newHandler(t, m, Options{Logger: newTextLogger(&log)})
	for _, p := range []string{"/nothing", "/issues/77", "/issues/x", "/events/nothing", "/events/" + oomKill().ID + "/text", "/classes/panic.nothing", "/rules/no-such-rule"} {
		all := open(t, h, p, 404)
		if got := htmltest.TextOf(all, "h1", ""); got != "There is no such page" {
			t.Errorf("%s: %q", p, got)
		}
	}
	if log.Len() > 0 {
		t.Errorf("a missing page is logged: %s", log.String())
	}
	m.err = errors.New("disk i/o error at /var/lib/secret.db")
	for _, p := range []string{"/", "/issues", "/issues/1", "/events/" + nilMap().ID} {
		all := open(t, h, p, 500)
		if strings.Contains(htmltest.TextOf(all, "html", ""), "secret") {
			t.Errorf("%s tells visitors what went wrong inside", p)
		}
	}
	if !strings.Contains(log.String(), "secret.db") {
		t.Error("the log does not say what went wrong")
	}
	m.err = fmt.Errorf("read issues: %w", context.DeadlineExceeded)
	open(t, h, "/", 503)
}
