package web_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/backstop-go/backstop/event"

	"github.com/backstop-go/backstop/cmd/backstop/internal/htmltest"
	"github.com/backstop-go/backstop/cmd/backstop/internal/server"
	"github.com/backstop-go/backstop/cmd/backstop/internal/web"
)

// newCollector starts a whole collector with its pages and its real store.
func newCollector(t *testing.T) *server.App {
	t.Helper()
	app, err := server.New(server.Options{DataDir: t.TempDir(), Listen: "127.0.0.1:0", Now: func() time.Time { return web.Now }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := app.Stop(); err != nil {
			t.Error(err)
		}
	})
	app.Start()
	return app
}

func send(t *testing.T, app *server.App, e event.Event) {
	t.Helper()
	body, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.Post(app.URL()+"/api/v1/events", "application/json", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if answer, _ := io.ReadAll(res.Body); res.StatusCode != 200 {
		t.Fatalf("send event: status %d: %s", res.StatusCode, answer)
	}
}

func fetch(t *testing.T, at string) (string, http.Header) {
	t.Helper()
	res, err := http.Get(at)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	if res.StatusCode != 200 {
		t.Errorf("%s: status %d", at, res.StatusCode)
	}
	return string(body), res.Header
}

// walk follows every link from the overview, holds every page to what all pages
// promise, and returns the addresses of the pages.
func walk(t *testing.T, app *server.App) []string {
	t.Helper()
	var pages []string
	seen := map[string]bool{"/": true}
	for todo := []string{"/"}; len(todo) > 0; todo = todo[1:] {
		body, header := fetch(t, app.URL()+todo[0])
		if !strings.HasPrefix(header.Get("Content-Type"), "text/html") {
			continue
		}
		pages = append(pages, todo[0])
		all := htmltest.Parse(t, body)
		htmltest.CheckPage(t, all)
		for _, to := range web.Links(all) {
			to, _, _ = strings.Cut(to, "#")
			if to != "" && !seen[to] {
				seen[to] = true
				todo = append(todo, to)
			}
		}
	}
	return pages
}

func TestPagesOfTheRealCollector(t *testing.T) {
	app := newCollector(t)
	if body, _ := fetch(t, app.URL()+"/"); !strings.Contains(body, "backstop run -collector "+app.URL()) {
		t.Error("an empty collector does not say how to send to it")
	}
	for _, e := range web.Samples() {
		send(t, app, e)
	}
	pages := walk(t, app)
	found := map[string]bool{}
	for _, p := range pages {
		if strings.HasPrefix(p, "/issues/") || strings.HasPrefix(p, "/events/") {
			body, _ := fetch(t, app.URL()+p)
			found[strings.SplitN(p, "/", 3)[1]+": "+htmltest.TextOf(htmltest.Parse(t, body), "h1", "")] = true
		}
	}
	for _, headline := range []string{
		"Write to a nil map in cart.(*Cart).Add", "Two goroutines wrote one map in stats.(*Cache).Hit", "Killed by the OOM killer",
		"All goroutines are asleep in worker.(*Pool).Drain", "Exited by itself", "Index out of range in coupon.pick[...]",
	} {
		if !found["issues: "+headline] || !found["events: "+headline] {
			t.Errorf("no issue and event with the headline %q: %v", headline, found)
		}
	}
}

func TestResolveInTheRealCollector(t *testing.T) {
	app := newCollector(t)
	send(t, app, web.Samples()[0])
	status := func() string {
		body, _ := fetch(t, app.URL()+"/issues/1")
		return htmltest.TextOf(htmltest.Parse(t, body), "span", "status")
	}
	for _, want := range []string{"resolved", "ongoing"} {
		res, err := http.PostForm(app.URL()+"/issues/1/status", url.Values{"status": {want}})
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if got := status(); res.StatusCode != 200 || got != want {
			t.Errorf("after asking for %s: status %d, the issue is %q", want, res.StatusCode, got)
		}
	}
	req, err := http.NewRequest(http.MethodPost, app.URL()+"/issues/1/status", strings.NewReader("status=resolved"))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Origin", "https://evil.example")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if got := status(); res.StatusCode != 403 || got != "ongoing" {
		t.Errorf("from another site: status %d, the issue is %q", res.StatusCode, got)
	}
}

// TestHostileEventsInTheRealCollector sends hostile events the way an attacker
// would, and looks at every page of them in a browser that runs scripts.
func TestHostileEventsInTheRealCollector(t *testing.T) {
	app := newCollector(t)
	for i, s := range htmltest.Payloads {
		e := web.HostileEvent(strings.ReplaceAll(s, "alert(", "window.pwned=("))
		e.ID, e.Class, e.Report.Class = fmt.Sprintf("%032x", i+1), "panic.custom", "panic.custom"
		e.Process.PID = i + 1 // each a crash of its own
		e.Report.Fingerprints.Tolerant = fmt.Sprint("hostile-", i)
		send(t, app, e)
	}
	pages := walk(t, app)
	tab := htmltest.NewTab(htmltest.NewBrowser(t), t)
	said := htmltest.Complaints(tab, t)
	looked := 0
	for _, p := range pages {
		if !strings.HasPrefix(p, "/events/") && !strings.HasPrefix(p, "/issues") && p != "/" || strings.Contains(p, "range=") {
			continue
		}
		looked++
		l := htmltest.Visit(tab, t, app.URL()+p, 390, "light", true)
		if l.Pwned != "undefined" || l.Scripts != 0 || l.Width > l.Window {
			t.Errorf("%s: %+v", p, l)
		}
	}
	for _, s := range said() {
		t.Errorf("console: %s", s)
	}
	if looked < 2*len(htmltest.Payloads) {
		t.Errorf("only %d pages of %d hostile events", looked, len(htmltest.Payloads))
	}
}
