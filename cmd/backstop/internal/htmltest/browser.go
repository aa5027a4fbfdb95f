package htmltest

import (
	"context"
	"fmt"
	"os"
	"os/exec"
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

// NewBrowser starts Chromium and returns the context of its first tab. Missing
// Chromium skips the test, unless BACKSTOP_REQUIRE_ALL is set.
func NewBrowser(t *testing.T) context.Context {
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

// NewTab opens a tab that lives as long as the test, at most two minutes.
func NewTab(browser context.Context, t *testing.T) context.Context {
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

// Complaints collects what a tab's console says: errors of pages, uncaught
// exceptions, refusals of the content security policy, dialogs.
func Complaints(ctx context.Context, t *testing.T) func() []string {
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

// Dress sets the size and the colour scheme of a tab.
func Dress(width, height int64, scheme string, script bool) chromedp.Action[chromedp.Void] {
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

// Layout is what a test wants to know of a page once it is laid out. The
// debugger evaluates it whether the page may run scripts or not.
type Layout struct {
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
	Forms: document.forms.length,
	Scripts: document.scripts.length,
})`

// Visit opens a page in some dress and returns its layout.
func Visit(tab context.Context, t *testing.T, url string, width int64, scheme string, script bool) Layout {
	t.Helper()
	if err := chromedp.Do(tab, Dress(width, 900, scheme, script), chromedp.Navigate(url)); err != nil {
		t.Fatalf("%s: %v", url, err)
	}
	l, err := chromedp.Run(tab, chromedp.Evaluate[Layout](askLayout))
	if err != nil {
		t.Fatalf("%s: %v", url, err)
	}
	l.Window = int(width) // a phone's window grows with what does not fit
	return l
}

// Ask evaluates an expression in a tab.
func Ask[T any](tab context.Context, t *testing.T, expression string) T {
	t.Helper()
	v, err := chromedp.Run(tab, chromedp.Evaluate[T](expression))
	if err != nil {
		t.Fatalf("%s: %v", expression, err)
	}
	return v
}
