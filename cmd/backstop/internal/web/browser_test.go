package web

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	neturl "net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/backstop-go/backstop/crash"
	"github.com/backstop-go/backstop/event"

	"github.com/backstop-go/backstop/cmd/backstop/internal/htmltest"
	"github.com/backstop-go/backstop/cmd/backstop/internal/issue"
	"github.com/backstop-go/backstop/cmd/backstop/internal/store"
)

func serve(t *testing.T, h http.Handler) string {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL
}

func TestPagesInChromium(t *testing.T) {
	url := serve(t, newHandler(t, sampleShop(), Options{Resolve: noResolve, API: true}))
	tab := htmltest.NewTab(htmltest.NewBrowser(t), t)
	said := htmltest.Complaints(tab, t)
	for _, p := range paths() {
		t.Run(p, func(t *testing.T) {
			before := len(said())
			light := htmltest.Visit(tab, t, url+p, 1280, "light", true)
			dark := htmltest.Visit(tab, t, url+p, 1280, "dark", false)
			phone := htmltest.Visit(tab, t, url+p, 320, "light", false)
			for _, l := range []htmltest.Layout{light, dark, phone} {
				if strings.TrimSpace(l.Heading) == "" || !strings.HasSuffix(l.Title, "Backstop") {
					t.Errorf("heading %q, title %q", l.Heading, l.Title)
				}
				if l.Width > l.Window {
					t.Errorf("%d wide in a window of %d", l.Width, l.Window)
				}
			}
			if light.Background != "rgb(247, 247, 245)" || dark.Background != "rgb(20, 24, 26)" || light.Color == dark.Color {
				t.Errorf("light %s on %s, dark %s on %s", light.Color, light.Background, dark.Color, dark.Background)
			}
			for _, s := range said()[before:] {
				// The page that does not exist is an error by itself.
				if p != "/nothing" || !strings.Contains(s, "404") {
					t.Errorf("console: %s", s)
				}
			}
		})
	}
}

// TestHostileTextInChromium lets every payload loose on every page, with
// scripts allowed: only escaping and the policy stand between.
func TestHostileTextInChromium(t *testing.T) {
	tab := htmltest.NewTab(htmltest.NewBrowser(t), t)
	said := htmltest.Complaints(tab, t)
	for i, s := range htmltest.Payloads {
		s = strings.ReplaceAll(s, "alert(", "window.pwned=(")
		m, id := hostile(s, crash.KindPanic)
		url := serve(t, newHandler(t, m, Options{Resolve: noResolve}))
		for _, p := range []string{"/", "/issues?service=" + neturl.QueryEscape(s), "/issues/1", "/events/" + neturl.PathEscape(id), "/events/" + neturl.PathEscape(id) + "/message"} {
			if strings.HasSuffix(p, "/message") {
				if err := chromedp.Do(tab, chromedp.Navigate(url+p)); err != nil {
					t.Fatal(err)
				}
				continue
			}
			l := htmltest.Visit(tab, t, url+p, 390, "light", true)
			if l.Pwned != "undefined" || l.Scripts != 0 || l.Forms > 1 || !strings.HasSuffix(l.Title, "Backstop") {
				t.Errorf("payload %d got into %s: %+v", i, p, l)
			}
			if l.Width > l.Window {
				t.Errorf("payload %d makes %s %d wide in a window of %d", i, p, l.Width, l.Window)
			}
		}
	}
	for _, s := range said() {
		t.Errorf("console: %s", s)
	}
}

// TestPolicyHoldsByItself shows that the checks above can fail: a page that does
// carry a script says so in the console, and the policy stops it.
func TestPolicyHoldsByItself(t *testing.T) {
	tab := htmltest.NewTab(htmltest.NewBrowser(t), t)
	said := htmltest.Complaints(tab, t)
	url := serve(t, secure(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprint(w, `<!DOCTYPE html><title>x Backstop</title><h1 style="color:red" onclick="1">x</h1><script>window.pwned = 1</script><img src="//127.0.0.1:1/x">`)
	})))
	l := htmltest.Visit(tab, t, url, 1280, "light", true)
	if l.Pwned != "undefined" || l.Scripts != 1 {
		t.Errorf("%+v", l)
	}
	if got := strings.Join(said(), "\n"); !strings.Contains(got, "Content Security Policy") {
		t.Errorf("console: %q", got)
	}
}

func TestLongTextDoesNotWidenThePage(t *testing.T) {
	e := detached()
	long := strings.Repeat("x", 1<<20)
	e.Message, e.PanicValue, e.Service, e.Instance, e.Release, e.Text = &long, long, long, long, long, long
	e.Request = &event.Request{Method: "GET", URL: "/" + long, Route: long, TraceID: long, RequestID: long}
	e.Report.Goroutines[0].Frames[2].Func = shop + long
	e.Report.Goroutines[0].Frames[2].File = "/" + long
	m := sampleShop()
	id := m.add(e, issue.New, 1, now)
	m.issues[id-1].Title, m.issues[id-1].Culprit = long, long
	m.services = append(m.services, store.Service{Name: long, Environments: []string{long}, LastRelease: long})
	url := serve(t, newHandler(t, m, Options{Resolve: noResolve}))
	tab := htmltest.NewTab(htmltest.NewBrowser(t), t)
	for _, p := range []string{"/", "/issues", issueURL(id), eventURL(e.ID)} {
		for _, width := range []int64{320, 1280} {
			if l := htmltest.Visit(tab, t, url+p, width, "light", false); l.Width > l.Window {
				t.Errorf("%s: %d wide in a window of %d", p, l.Width, l.Window)
			}
		}
	}
}

// TestUseWithoutScript resolves an issue, filters and unfolds a stack in a
// browser that runs no script.
func TestUseWithoutScript(t *testing.T) {
	m := sampleShop()
	var mu sync.Mutex
	resolve := func(_ context.Context, id int64, s issue.Status) error {
		mu.Lock()
		defer mu.Unlock()
		m.issues[id-1].Status = s
		return nil
	}
	url := serve(t, newHandler(t, m, Options{Resolve: resolve}))
	tab := htmltest.NewTab(htmltest.NewBrowser(t), t)
	htmltest.Visit(tab, t, url+"/issues/1", 1280, "light", false)
	if _, err := chromedp.RunResponse(tab, chromedp.Click(chromedp.CSS("main form button"))); err != nil {
		t.Fatal(err)
	}
	if got := htmltest.Ask[string](tab, t, `document.querySelector("main form button").textContent + " " + document.querySelector(".crumb .status").textContent`); got != "Reopen resolved" {
		t.Errorf("after the button: %q", got)
	}

	const unfolded = `document.querySelector("details.std").open`
	if htmltest.Ask[bool](tab, t, unfolded) {
		t.Error("frames of the runtime are unfolded")
	}
	if err := chromedp.Do(tab, chromedp.Focus(chromedp.CSS("details.std > summary")), chromedp.KeyEvent("\r")); err != nil {
		t.Fatal(err)
	}
	if !htmltest.Ask[bool](tab, t, unfolded) {
		t.Error("the keyboard does not unfold them")
	}

	htmltest.Visit(tab, t, url+"/issues", 1280, "light", false)
	steps := chromedp.Steps(chromedp.SetValue(chromedp.CSS("select[name=class]"), "fatal."), chromedp.Click(chromedp.CSS("form.filter button")))
	if _, err := chromedp.RunResponse(tab, steps); err != nil {
		t.Fatal(err)
	}
	if got := htmltest.Ask[string](tab, t, `location.search + " " + document.querySelectorAll("a.name").length`); got != "?service=&status=&class=fatal. 2" {
		t.Errorf("after filtering: %q", got)
	}
}

// TestScreenshots writes a picture of every page into the directory named by
// BACKSTOP_SCREENSHOTS, to be looked at. Without it, it has nothing to do.
func TestScreenshots(t *testing.T) {
	dir := os.Getenv("BACKSTOP_SCREENSHOTS")
	if dir == "" {
		t.Skip("BACKSTOP_SCREENSHOTS names no directory")
	}
	tab := htmltest.NewTab(htmltest.NewBrowser(t), t)
	url := serve(t, newHandler(t, sampleShop(), Options{Version: "v0.1.0", Resolve: noResolve, API: true}))
	empty := serve(t, newHandler(t, &memory{}, Options{Collector: "http://127.0.0.1:7070"}))
	for name, at := range map[string]string{
		"overview": url + "/", "issues": url + "/issues", "nilmap": url + "/issues/1", "mapwrites": url + "/issues/2",
		"oom": url + "/issues/3", "deadlock": url + "/issues/4", "exit": url + "/issues/5", "damaged": url + "/issues/6",
		"event": url + "/events/" + nilMap().ID, "classes": url + "/classes", "class": url + "/classes/panic.nil_map",
		"rules": url + "/rules", "rule": url + "/rules/recover-depth",
		"missing": url + "/nothing", "empty": empty + "/",
	} {
		if only := os.Getenv("BACKSTOP_SCREENSHOT"); only != "" && !strings.Contains(","+only+",", ","+name+",") {
			continue
		}
		for _, d := range []struct {
			name   string
			width  int64
			scheme string
		}{{"light", 1280, "light"}, {"dark", 1280, "dark"}, {"narrow", 390, "light"}} {
			if err := chromedp.Do(tab, htmltest.Dress(d.width, 900, d.scheme, true), chromedp.Navigate(at)); err != nil {
				t.Fatal(err)
			}
			png, err := chromedp.Run(tab, chromedp.FullScreenshot(100))
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, name+"-"+d.name+".png"), png, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
}
