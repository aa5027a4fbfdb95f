package backstop_test

import (
	"context"
	"errors"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/backstop-go/backstop"
)

// noDirectories leaves the program no place to write to.
func noDirectories(t *testing.T) (file string) {
	t.Helper()
	file = filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("XDG_CACHE_HOME", file)
	t.Setenv("HOME", file)
	t.Setenv("TMPDIR", file)
	return file
}

// TestStartGoesOn gives Start what cannot work. It says so, and the program runs
// as it would.
func TestStartGoesOn(t *testing.T) {
	file := noDirectories(t)
	for name, c := range map[string]struct {
		o    backstop.Options
		part string
		says []string
	}{
		"the spool is a file": {backstop.Options{SpoolDir: file}, "spool", []string{"not a directory", "instead", "BACKSTOP_SPOOL"}},
		"no URL":              {backstop.Options{Collector: "collector:7070", SpoolDir: t.TempDir()}, "collector", []string{"http://", "spool"}},
		"an unreadable URL":   {backstop.Options{Collector: "http://a b/", SpoolDir: t.TempDir()}, "collector", []string{"invalid character"}},
		"no host":             {backstop.Options{Collector: "http://", SpoolDir: t.TempDir()}, "collector", []string{"no host"}},
		"no level":            {backstop.Options{Traceback: "loud", SpoolDir: t.TempDir()}, "traceback", []string{`"loud"`, "system"}},
	} {
		t.Run(name, func(t *testing.T) {
			c.o.DisableMonitor = true
			err := backstop.Start(c.o)
			defer stopNow()
			var d *backstop.DegradedError
			if !errors.As(err, &d) || len(d.Problems) != 1 || d.Problems[0].Part != c.part {
				t.Fatalf("Start: %v, want one problem with the %s", err, c.part)
			}
			for _, want := range c.says {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("error %q does not say %q", err, want)
				}
			}
			if c.part == "spool" && !errors.Is(err, fs.ErrExist) && !strings.Contains(d.Problems[0].Err.Error(), file) {
				t.Errorf("the reason is lost: %v", d.Problems[0].Err)
			}
			w := httptest.NewRecorder()
			h := backstop.Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { raise("boom") }), backstop.HandlerOptions{OnPanic: backstop.Answer503})
			h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
			if w.Code != http.StatusServiceUnavailable {
				t.Errorf("status %d", w.Code)
			}
		})
	}
}

// TestWithoutASpool has no directory at all: panics are recovered, hooks hear of
// them, and their number is told later.
func TestWithoutASpool(t *testing.T) {
	dir := noDirectories(t)
	shm := filepath.Join("/dev/shm", "backstop-"+strconv.Itoa(os.Getuid())+"-nowhere")
	if err := os.WriteFile(shm, nil, 0o600); err == nil {
		defer os.Remove(shm)
	}
	heard := 0
	defer backstop.OnCrash(func(context.Context, *backstop.Crash) { heard++ })()
	err := backstop.Start(backstop.Options{Service: "nowhere", SpoolDir: dir, DisableMonitor: true})
	var d *backstop.DegradedError
	if !errors.As(err, &d) || d.Problems[0].Effect != "captured panics are only counted" {
		t.Fatalf("Start: %v", err)
	}
	before := backstop.Untold()
	for range 3 {
		func() {
			defer backstop.Recover()
			raise("boom")
		}()
	}
	backstop.Settle(t)
	if err := backstop.Stop(context.Background()); err == nil || !strings.Contains(err.Error(), "3 panics were not reported") {
		t.Errorf("Stop: %v", err)
	}
	if n := backstop.Untold() - before; n != 3 || heard != 3 {
		t.Errorf("%d counted and %d heard of, want 3 of both", n, heard)
	}
	events := startIn(t)
	func() {
		defer backstop.Recover()
		raise("now there is a directory")
	}()
	if got := events(); len(got) != 1 {
		t.Errorf("%d events", len(got))
	}
}
