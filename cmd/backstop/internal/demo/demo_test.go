package demo

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestOnce is the acceptance test of everything below the demo: it builds the
// shop, makes it crash in every way of the plan, and believes nothing but the
// JSON Lines.
func TestOnce(t *testing.T) {
	temp := tempDir(t)
	var out, progress bytes.Buffer
	err := Run(context.Background(), Options{Once: true, JSON: true, Out: &out, Progress: &progress})
	t.Logf("progress:\n%s\n%s", progress.String(), out.String())
	if err != nil {
		t.Fatal(err)
	}
	classes := make(map[string]bool)
	rows := 0
	var sum jsonSummary
	for _, line := range strings.Split(strings.TrimSpace(out.String()), "\n") {
		var row jsonRow
		if err := json.Unmarshal([]byte(line), &row); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		switch row.Type {
		case "row":
			rows++
			if !row.OK || row.Class != row.Expected {
				t.Errorf("%s: ok %v, class %q, expected %q", row.Bug, row.OK, row.Class, row.Expected)
			}
			if want := min(len(row.Expected), 1); len(row.Events) != want {
				t.Errorf("%s: %d events, want %d", row.Bug, len(row.Events), want)
			}
			classes[string(row.Class)] = true
		case "summary":
			if err := json.Unmarshal([]byte(line), &sum); err != nil {
				t.Fatalf("%q: %v", line, err)
			}
		}
	}
	delete(classes, "")
	if len(classes) < 12 || len(sum.Classes) != len(classes) {
		t.Errorf("%d classes in the rows, %d in the summary, want at least 12", len(classes), len(sum.Classes))
	}
	if !sum.OK || sum.Triggered != sum.Delivered || sum.Duplicates != 0 || sum.Events != sum.Triggered || len(sum.Quiet) != 2 || rows != sum.Triggered+2 {
		t.Errorf("%d rows, summary %+v", rows, sum)
	}
	nothingLeft(t, temp)
}

// TestInterrupted ends the demo in the middle of its run: nothing may be left,
// neither files nor processes.
func TestInterrupted(t *testing.T) {
	temp := tempDir(t)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	var out cancelOnRow
	out.cancel = cancel
	err := Run(ctx, Options{Once: true, JSON: true, Out: &out, Progress: io.Discard})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("an interrupted demo returned %v", err)
	}
	nothingLeft(t, temp)
}

// TestStaysUp keeps the pages up until the context ends, and then goes without
// a trace.
func TestStaysUp(t *testing.T) {
	temp := tempDir(t)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	out := &summaryHook{found: make(chan struct{})}
	ended := make(chan error, 1)
	go func() {
		ended <- Run(ctx, Options{Listen: "127.0.0.1:0", JSON: true, Out: out, Progress: io.Discard})
	}()
	select {
	case <-out.found:
	case err := <-ended:
		t.Fatalf("the demo ended by itself: %v", err)
	}
	for _, url := range append(out.links, out.sum.URL+"/") {
		res, err := http.Get(url)
		if err != nil {
			t.Errorf("the page is gone: %v", err)
			continue
		}
		res.Body.Close()
		if kind := res.Header.Get("Content-Type"); res.StatusCode != http.StatusOK || !strings.HasPrefix(kind, "text/html") {
			t.Errorf("%s: %s, %s", url, res.Status, kind)
		}
	}
	if len(out.links) < 12 {
		t.Errorf("%d links in the rows", len(out.links))
	}
	cancel()
	if err := <-ended; err != nil {
		t.Errorf("after Ctrl-C: %v", err)
	}
	nothingLeft(t, temp)
}

func TestOutsideACheckout(t *testing.T) {
	temp := tempDir(t)
	err := Run(context.Background(), Options{Once: true, Dir: t.TempDir(), Out: io.Discard, Progress: io.Discard})
	wantHint(t, err, "no checkout of Backstop", "go run ./cmd/backstop demo")
	nothingLeft(t, temp)
}

func TestPortInUse(t *testing.T) {
	temp := tempDir(t)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	err = Run(context.Background(), Options{Once: true, Listen: ln.Addr().String(), Out: io.Discard, Progress: io.Discard})
	wantHint(t, err, "address already in use", "-listen")
	nothingLeft(t, temp)
}

func TestNoGoCommand(t *testing.T) {
	temp := tempDir(t)
	t.Setenv("PATH", t.TempDir())
	err := Run(context.Background(), Options{Once: true, Out: io.Discard, Progress: io.Discard})
	wantHint(t, err, "executable file not found", "install Go")
	nothingLeft(t, temp)
}

// TestBuildFails gives the demo a checkout whose shop does not compile.
func TestBuildFails(t *testing.T) {
	checkout := t.TempDir()
	for name, text := range map[string]string{
		"go.work":                       "go 1.22\n\nuse ./examples/shop\n",
		"examples/shop/go.mod":          "module example.org/shop\n\ngo 1.22\n",
		"examples/shop/main.go":         "package main\n\nfunc main() { undefinedThing() }\n",
		"examples/shop/worker/main.go":  "package main\n\nfunc main() {}\n",
		"examples/shop/deeper/where.go": "package deeper\n",
	} {
		path := filepath.Join(checkout, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	temp := tempDir(t)
	err := Run(context.Background(), Options{Once: true, Dir: filepath.Join(checkout, "examples", "shop", "deeper"), Out: io.Discard, Progress: io.Discard})
	wantHint(t, err, "undefined: undefinedThing", "go build")
	nothingLeft(t, temp)
}

func wantHint(t *testing.T, err error, text, hint string) {
	t.Helper()
	var e *Error
	if !errors.As(err, &e) || !strings.Contains(err.Error(), text) || !strings.Contains(e.Hint, hint) {
		t.Errorf("error %v, want one with %q and a hint with %q", err, text, hint)
	}
}

// tempDir gives the demo a directory for temporary files of its own.
func tempDir(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	return dir
}

// nothingLeft checks that the directory is empty and that no process runs an
// executable of it. A monitor that has just been let go may take a moment.
func nothingLeft(t *testing.T, dir string) {
	t.Helper()
	var left []string
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		left = nil
		entries, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			left = append(left, e.Name())
		}
		processes, err := filepath.Glob("/proc/[0-9]*/exe")
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range processes {
			if exe, err := os.Readlink(p); err == nil && strings.HasPrefix(exe, dir) {
				left = append(left, p+" "+exe)
			}
		}
		if len(left) == 0 {
			return
		}
	}
	t.Errorf("left behind: %q", left)
}

// A cancelOnRow interrupts the demo when it prints its first row.
type cancelOnRow struct{ cancel context.CancelFunc }

func (c *cancelOnRow) Write(p []byte) (int, error) {
	if bytes.Contains(p, []byte(`"type":"row"`)) {
		c.cancel()
	}
	return len(p), nil
}

// A summaryHook collects the links of the rows and tells when the summary was
// printed.
type summaryHook struct {
	found chan struct{}
	links []string
	sum   jsonSummary
}

func (s *summaryHook) Write(p []byte) (int, error) {
	var row jsonRow
	if json.Unmarshal(p, &row) == nil && row.Issue != "" {
		s.links = append(s.links, row.Issue)
	}
	if bytes.Contains(p, []byte(`"type":"summary"`)) {
		if err := json.Unmarshal(p, &s.sum); err != nil {
			return 0, err
		}
		close(s.found)
	}
	return len(p), nil
}
