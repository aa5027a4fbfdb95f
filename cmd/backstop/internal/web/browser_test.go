package web

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
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
			Width: width, Height: height, DeviceScaleFactor: 1, Mobile: width < 600})
		if err != nil {
			return err
		}
		_, err = cdp.Call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}})
		if err != nil {
			return err
		}
		_, err = cdp.Call(ctx, t, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !script})
		return err
	})
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
