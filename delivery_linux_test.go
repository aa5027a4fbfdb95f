package backstop_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/backstop-go/backstop"
	"github.com/backstop-go/backstop/event"
	"github.com/backstop-go/backstop/internal/crashtest"
)

// This file has real programs capture and die while what should carry their
// events is broken. Everywhere the program answers, what was spooled arrives
// once, and what was dropped is counted.

func init() {
	programs["deliver"] = deliver
}

// deliver is obey with more words.
func deliver(args []string) {
	o := backstop.Options{DisableMonitor: slices.Contains(args, "no-monitor")}
	err := backstop.Start(o)
	var degraded *backstop.DegradedError
	if !slices.Contains(args, "degraded") || !errors.As(err, &degraded) {
		check(err)
	}
	fmt.Println("up")
	in := bufio.NewScanner(os.Stdin)
	for in.Scan() {
		switch in.Text() {
		case "recover":
			func() {
				defer backstop.Recover()
				explode(3)
			}()
		case "recover-big":
			func() {
				defer backstop.Recover()
				raise(strings.Repeat("x", 6000))
			}()
		case "panic":
			explode(5)
		case "two-guarded":
			atOnce(func() { defer backstop.Guard(); explode(3) }, func() { defer backstop.Guard(); writeNilMap(nil) })
		case "two-bare":
			atOnce(func() { explode(3) }, func() { writeNilMap(nil) })
		case "stop":
			ctx, cancel := context.WithTimeout(context.Background(), time.Second)
			err := backstop.Stop(ctx)
			cancel()
			fmt.Print(strings.ReplaceAll(fmt.Sprint(err), "\n", " "), " ")
		case "many":
			for range 20000 {
				go func() { select {} }()
			}
			explode(6)
		}
		fmt.Println("done")
	}
}

// atOnce lets two goroutines panic at the same moment.
func atOnce(fs ...func()) {
	var ready sync.WaitGroup
	start := make(chan struct{})
	for _, f := range fs {
		ready.Add(1)
		go func() {
			ready.Done()
			<-start
			f()
		}()
	}
	ready.Wait()
	close(start)
	select {}
}

// delivering starts the program with its monitor.
func delivering(t *testing.T, spool, collector string) *puppet {
	t.Helper()
	return obeying(t, spool, collector, func(cmd *exec.Cmd) { cmd.Env = append(cmd.Env, "BACKSTOP_CRASHTEST=deliver") })
}

// alone starts the program without a monitor.
func alone(t *testing.T, spool, collector string) *puppet {
	t.Helper()
	cmd := crashtest.Command(t, "deliver", &crashtest.Options{Args: []string{"no-monitor"}, Env: []string{
		"BACKSTOP_COLLECTOR=" + collector, "BACKSTOP_SPOOL=" + spool, "BACKSTOP_SERVICE=svc",
	}})
	return launch(t, cmd)
}

func launch(t *testing.T, cmd *exec.Cmd) *puppet {
	t.Helper()
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in.Close()
		cmd.Process.Kill()
		cmd.Wait()
	})
	p := &puppet{t: t, cmd: cmd, in: in, out: bufio.NewReader(out)}
	if line := p.line(); line != "up" {
		t.Fatalf("the program says %q", line)
	}
	return p
}

// must has the program do a word and live.
func (p *puppet) must(word string, times int) {
	p.t.Helper()
	for range times {
		if answer := p.do(word); answer != "done" {
			p.t.Fatalf("%s: the program says %q", word, answer)
		}
	}
}

// dies has the program die of a word, and waits for its end.
func (p *puppet) dies(word string) {
	p.t.Helper()
	p.do(word)
	p.cmd.Wait() //nolint:errcheck // the status counts
	if code := p.cmd.ProcessState.ExitCode(); code != 2 {
		p.t.Errorf("%s: %v, want exit status 2", word, p.cmd.ProcessState)
	}
}

// once fails when an event came twice, and returns how many there are and how
// many drops they tell of.
func once(t *testing.T, events []event.Event) (n int, dropped uint64) {
	t.Helper()
	seen := map[string]bool{}
	for _, e := range events {
		if seen[e.ID] {
			t.Errorf("event %s was sent twice", e.ID)
		}
		seen[e.ID] = true
		dropped += e.Dropped
	}
	return len(seen), dropped
}

// A faulty server misbehaves until it is mended; from then on it is a collector.
type faulty struct {
	*crashtest.Collector
	url     string
	mended  atomic.Bool
	suffers atomic.Int64 // requests that met the fault
}

func newFaulty(t *testing.T, fault http.HandlerFunc) *faulty {
	t.Helper()
	f := &faulty{Collector: crashtest.NewCollector(t)}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if f.mended.Load() {
			f.Collector.ServeHTTP(w, r)
			return
		}
		f.suffers.Add(1)
		fault(w, r)
	}))
	t.Cleanup(func() {
		srv.CloseClientConnections()
		srv.Close()
	})
	f.url = srv.URL
	return f
}

func hijack(w http.ResponseWriter, f func(net.Conn)) {
	conn, _, err := w.(http.Hijacker).Hijack()
	if err != nil {
		return
	}
	defer conn.Close()
	f(conn)
}

func answering(status int, header, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		if name, value, ok := strings.Cut(header, ": "); ok {
			w.Header().Set(name, value)
		}
		w.WriteHeader(status)
		io.WriteString(w, body) //nolint:errcheck // a client that left
	}
}

// TestFaultyCollector captures while the collector misbehaves, and crashes once
// it is mended.
func TestFaultyCollector(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		fault    http.HandlerFunc
		rejected uint64 // events that the fault condemns
	}{
		"500":       {answering(500, "", "oops"), 0},
		"401":       {answering(401, "", `{"error":"a project key is needed"}`), 0},
		"404":       {answering(404, "", `{"error":"no such path"}`), 0},
		"413":       {answering(413, "", ""), 3},
		"400":       {answering(400, "", `{"error":"no event"}`), 3},
		"429":       {answering(429, "Retry-After: 1", `{"error":"busy"}`), 0},
		"redirect":  {answering(302, "Location: http://127.0.0.1:1/", ""), 0},
		"page":      {answering(200, "Content-Type: text/html", "<html>Welcome</html>"), 0},
		"proxy 400": {answering(400, "Content-Type: text/html", "<html>The plain HTTP request was sent to HTTPS port</html>"), 0},
		"reset": {func(w http.ResponseWriter, _ *http.Request) {
			hijack(w, func(c net.Conn) { _ = c.(*net.TCPConn).SetLinger(0) })
		}, 0},
		"garbage": {func(w http.ResponseWriter, _ *http.Request) {
			hijack(w, func(c net.Conn) { io.WriteString(c, "220 mail.example.com ESMTP\r\n") })
		}, 0},
		"drip": {func(w http.ResponseWriter, r *http.Request) {
			hijack(w, func(c net.Conn) {
				for err := error(nil); err == nil; time.Sleep(100 * time.Millisecond) {
					_, err = io.WriteString(c, "H")
				}
			})
		}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFaulty(t, c.fault)
			p := delivering(t, crashtest.SpoolDir(t), f.url)
			p.must("recover", 3)
			crashtest.Eventually(t, "the monitor meets the fault", func() bool { return f.suffers.Load() > 0 })
			dir := ""
			if c.rejected > 0 {
				dir = filepath.Join(p.spool(), "rejected")
				crashtest.Eventually(t, "the events are set aside", func() bool { return len(names(dir)) == int(c.rejected) })
			}
			f.mended.Store(true)
			p.must("recover", 1)
			want := 4 - int(c.rejected)
			crashtest.Eventually(t, "the events arrive", func() bool { return len(f.Events()) == want })
			p.dies("panic")
			crashtest.Eventually(t, "the crash arrives", func() bool { return len(f.Events()) == want+1 })
			crashtest.Eventually(t, "the monitor ends", func() bool { return !alive(p.monitor) })
			events := decode(t, f.Events())
			if n, dropped := once(t, events); n != want+1 || dropped != c.rejected {
				t.Errorf("%d events and %d drops arrived, want %d and %d\n%s", n, dropped, want+1, c.rejected, show(events))
			}
			if left := spooled(t, p.spool()); len(left) > 0 {
				t.Errorf("left in the spool:\n%s", show(left))
			}
		})
	}
}

// spool is the spool directory of the program.
func (p *puppet) spool() string {
	for _, kv := range p.cmd.Env {
		if dir, ok := strings.CutPrefix(kv, "BACKSTOP_SPOOL="); ok {
			return dir
		}
	}
	return ""
}

// names lists a directory, or nothing.
func names(dir string) []string {
	d, err := os.Open(dir)
	if err != nil {
		return nil
	}
	defer d.Close()
	list, _ := d.Readdirnames(-1)
	return list
}

// TestCrashWhileUploading dies while an event is on its way, and the answer
// comes afterwards.
func TestCrashWhileUploading(t *testing.T) {
	t.Parallel()
	c := crashtest.NewCollector(t)
	p := delivering(t, crashtest.SpoolDir(t), c.URL)
	crashtest.Eventually(t, "hello", func() bool { return len(c.Hellos()) == 1 })
	c.Stall()
	before := c.Tries()
	p.must("recover", 1)
	crashtest.Eventually(t, "the upload begins", func() bool { return c.Tries() > before })
	p.dies("panic")
	c.Resume()
	crashtest.Eventually(t, "the monitor ends", func() bool { return !alive(p.monitor) })
	events := decode(t, c.Events())
	if n, _ := once(t, events); n != 2 {
		t.Errorf("%d events arrived, want 2\n%s", n, show(events))
	}
}

// TestCrashWhileUploadingAlone does so without a monitor: the event may be sent
// again by the next start, under its id, and nothing is lost.
func TestCrashWhileUploadingAlone(t *testing.T) {
	t.Parallel()
	c := crashtest.NewCollector(t)
	dir := t.TempDir()
	p := alone(t, dir, c.URL)
	crashtest.Eventually(t, "hello", func() bool { return len(c.Hellos()) == 1 })
	c.Stall()
	before := c.Tries()
	p.must("recover", 2)
	crashtest.Eventually(t, "the upload begins", func() bool { return c.Tries() > before })
	p.dies("panic") // nobody guards it, and nobody watches
	c.Resume()
	p = alone(t, dir, c.URL)
	ids := func() map[string]bool {
		seen := map[string]bool{}
		for _, e := range decode(t, c.Events()) {
			seen[e.ID] = true
		}
		return seen
	}
	crashtest.Eventually(t, "the next start delivers", func() bool { return len(ids()) == 2 && len(spooled(t, dir)) == 0 })
	if answer := p.do("stop"); answer != "<nil> done" {
		t.Errorf("stop: %s", answer)
	}
}

// TestOutageAlone has no monitor and no collector: the program answers, and Stop
// says what waits.
func TestOutageAlone(t *testing.T) {
	t.Parallel()
	failing := newFaulty(t, answering(503, "", ""))
	for name, url := range map[string]string{"down": "http://127.0.0.1:1", "failing": failing.url} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			p := alone(t, dir, url)
			p.must("recover", 3)
			if answer := p.do("stop"); !strings.Contains(answer, "3 events wait in "+dir) {
				t.Errorf("stop: %s", answer)
			}
			c := crashtest.NewCollector(t)
			alone(t, dir, c.URL)
			crashtest.Eventually(t, "the next start delivers", func() bool { return len(c.Events()) == 3 })
		})
	}
}

// TestCollectorReturns lets the collector come back when the program is gone and
// its monitor still tries.
func TestCollectorReturns(t *testing.T) {
	t.Parallel()
	f := newFaulty(t, answering(503, "", ""))
	p := delivering(t, crashtest.SpoolDir(t), f.url)
	p.must("recover", 1)
	p.dies("panic")
	before := f.suffers.Load()
	crashtest.Eventually(t, "the monitor tries", func() bool { return f.suffers.Load() > before })
	f.mended.Store(true)
	crashtest.Eventually(t, "both events arrive", func() bool { return len(f.Events()) == 2 })
	crashtest.Eventually(t, "the monitor ends", func() bool { return !alive(p.monitor) })
	if n, _ := once(t, decode(t, f.Events())); n != 2 {
		t.Errorf("%d events", n)
	}
}
