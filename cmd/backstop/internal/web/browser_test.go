package web

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	neturl "net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"github.com/backstop-go/backstop/crash"
	"github.com/backstop-go/backstop/event"

	"github.com/backstop-go/backstop/cmd/backstop/internal/issue"
	"github.com/backstop-go/backstop/cmd/backstop/internal/store"
)

// newBrowser starts Chromium and returns the context of its first tab. Missing
// Chromium skips the test, unless BACKSTOP_REQUIRE_ALL is set.
func newBrowser(t *testing.T) context.Context {
	t.Helper()
	path := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if p, err := exec.LookPath(name); err == nil {
			path = p
			break
		}
	}
	if path == "" {
		if os.Getenv("BACKSTOP_REQUIRE_ALL") != "" {
			t.Fatal("chromium is not installed")
		}
		t.Skip("chromium is not installed")
	}
	opts := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.UserDataDir(t.TempDir()), chromedp.DisableGPU,
		chromedp.NoSandbox, chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-sync", true),
	)
	ctx, stop := chromedp.NewExecAllocator(context.Background(), opts...)
	t.Cleanup(stop)
	ctx, stop = chromedp.NewContext(ctx)
	t.Cleanup(func() {
		_ = chromedp.Cancel(ctx) // ends the browser and waits for it
		stop()
	})
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("start %s: %v", path, err)
	}
	return ctx
}

// newTab opens a tab that lives as long as the test, at most two minutes.
func newTab(browser context.Context, t *testing.T) context.Context {
	t.Helper()
	ctx, stop := chromedp.NewContext(browser)
	t.Cleanup(stop)
	ctx, stop = context.WithTimeout(ctx, 2*time.Minute)
	t.Cleanup(stop)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatal(err)
	}
	return ctx
}

// complaints collects what a tab's console says: errors of pages, uncaught
// exceptions, refusals of the content security policy, dialogs.
func complaints(ctx context.Context, t *testing.T) func() []string {
	t.Helper()
	var mu sync.Mutex
	var got []string
	add := func(s string) {
		mu.Lock()
		defer mu.Unlock()
		got = append(got, s)
	}
	err := chromedp.Listen(ctx, func(ev any) {
		switch ev := ev.(type) {
		case *log.EventEntryAdded:
			add(fmt.Sprintf("%s: %s %s", ev.Entry.Level, ev.Entry.Text, ev.Entry.URL))
		case *runtime.EventConsoleAPICalled:
			add("console: " + string(ev.Type))
		case *runtime.EventExceptionThrown:
			add("exception: " + ev.ExceptionDetails.Text)
		case *page.EventJavascriptDialogOpening:
			add("dialog: " + ev.Message) // nobody closes it: the test ends at its deadline
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return func() []string {
		mu.Lock()
		defer mu.Unlock()
		return got
	}
}

func serve(t *testing.T, h http.Handler) string {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL
}

// dress sets the size and the colour scheme of a tab.
func dress(width, height int64, scheme string, script bool) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{
			Width: width, Height: height, DeviceScaleFactor: 1, Mobile: width < 600,
		})
		if err != nil {
			return err
		}
		_, err = cdp.Call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
		})
		if err != nil {
			return err
		}
		_, err = cdp.Call(ctx, t, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !script})
		return err
	})
}

// layout is what a test wants to know of a page once it is laid out. The
// debugger evaluates it whether the page may run scripts or not.
type layout struct {
	Title, Heading, Background, Color, Pwned string
	Width, Window                            int
	Forms, Scripts                           int
}

const askLayout = `({
	Title: document.title,
	Heading: document.querySelector("h1").textContent,
	Background: getComputedStyle(document.body).backgroundColor,
	Color: getComputedStyle(document.body).color,
	Pwned: String(window.pwned),
	Width: document.documentElement.scrollWidth,
	Window: window.innerWidth,
	Forms: document.forms.length,
	Scripts: document.scripts.length,
})`

// visit opens a page in some dress and returns its layout.
func visit(tab context.Context, t *testing.T, url string, width int64, scheme string, script bool) layout {
	t.Helper()
	if err := chromedp.Do(tab, dress(width, 900, scheme, script), chromedp.Navigate(url)); err != nil {
		t.Fatalf("%s: %v", url, err)
	}
	l, err := chromedp.Run(tab, chromedp.Evaluate[layout](askLayout))
	if err != nil {
		t.Fatalf("%s: %v", url, err)
	}
	return l
}

func TestPagesInChromium(t *testing.T) {
	url := serve(t, newHandler(t, sampleShop(), Options{Resolve: noResolve, API: true}))
	tab := newTab(newBrowser(t), t)
	said := complaints(tab, t)
	for _, p := range paths() {
		t.Run(p, func(t *testing.T) {
			before := len(said())
			light := visit(tab, t, url+p, 1280, "light", true)
			dark := visit(tab, t, url+p, 1280, "dark", false)
			phone := visit(tab, t, url+p, 320, "light", false)
			for _, l := range []layout{light, dark, phone} {
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
	tab := newTab(newBrowser(t), t)
	said := complaints(tab, t)
	for i, s := range payloads {
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
			l := visit(tab, t, url+p, 390, "light", true)
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
	tab := newTab(newBrowser(t), t)
	said := complaints(tab, t)
	url := serve(t, secure(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprint(w, `<!DOCTYPE html><title>x Backstop</title><h1 style="color:red" onclick="1">x</h1><script>window.pwned = 1</script><img src="//127.0.0.1:1/x">`)
	})))
	l := visit(tab, t, url, 1280, "light", true)
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
	tab := newTab(newBrowser(t), t)
	for _, p := range []string{"/", "/issues", issueURL(id), eventURL(e.ID)} {
		for _, width := range []int64{320, 1280} {
			if l := visit(tab, t, url+p, width, "light", false); l.Width > l.Window {
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
	tab := newTab(newBrowser(t), t)
	visit(tab, t, url+"/issues/1", 1280, "light", false)
	if _, err := chromedp.RunResponse(tab, chromedp.Click(chromedp.CSS("main form button"))); err != nil {
		t.Fatal(err)
	}
	if got := ask[string](tab, t, `document.querySelector("main form button").textContent + " " + document.querySelector(".crumb .status").textContent`); got != "Reopen resolved" {
		t.Errorf("after the button: %q", got)
	}

	const unfolded = `document.querySelector("details.std").open`
	if ask[bool](tab, t, unfolded) {
		t.Error("frames of the runtime are unfolded")
	}
	if err := chromedp.Do(tab, chromedp.Focus(chromedp.CSS("details.std > summary")), chromedp.KeyEvent("\r")); err != nil {
		t.Fatal(err)
	}
	if !ask[bool](tab, t, unfolded) {
		t.Error("the keyboard does not unfold them")
	}

	visit(tab, t, url+"/issues", 1280, "light", false)
	steps := chromedp.Steps(chromedp.SetValue(chromedp.CSS("select[name=class]"), "fatal."), chromedp.Click(chromedp.CSS("form.filter button")))
	if _, err := chromedp.RunResponse(tab, steps); err != nil {
		t.Fatal(err)
	}
	if got := ask[string](tab, t, `location.search + " " + document.querySelectorAll("a.name").length`); got != "?service=&status=&class=fatal. 2" {
		t.Errorf("after filtering: %q", got)
	}
}

func ask[T any](tab context.Context, t *testing.T, expression string) T {
	t.Helper()
	v, err := chromedp.Run(tab, chromedp.Evaluate[T](expression))
	if err != nil {
		t.Fatalf("%s: %v", expression, err)
	}
	return v
}

// TestScreenshots writes a picture of every page into the directory named by
// BACKSTOP_SCREENSHOTS, to be looked at. Without it, it has nothing to do.
func TestScreenshots(t *testing.T) {
	dir := os.Getenv("BACKSTOP_SCREENSHOTS")
	if dir == "" {
		t.Skip("BACKSTOP_SCREENSHOTS names no directory")
	}
	tab := newTab(newBrowser(t), t)
	url := serve(t, newHandler(t, sampleShop(), Options{Version: "v0.1.0", Resolve: noResolve, API: true}))
	empty := serve(t, newHandler(t, &memory{}, Options{Collector: "http://127.0.0.1:7070"}))
	for name, at := range map[string]string{
		"overview": url + "/", "issues": url + "/issues", "nilmap": url + "/issues/1", "mapwrites": url + "/issues/2",
		"oom": url + "/issues/3", "deadlock": url + "/issues/4", "exit": url + "/issues/5", "damaged": url + "/issues/6",
		"event": url + "/events/" + nilMap().ID, "classes": url + "/classes", "class": url + "/classes/panic.nil_map",
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
			if err := chromedp.Do(tab, dress(d.width, 900, d.scheme, true), chromedp.Navigate(at)); err != nil {
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
