package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/backstop-go/backstop/event"
)

// A collectorProcess is a real `backstop serve`: this test binary, under the
// name that makes TestMain run the command.
type collectorProcess struct {
	cmd  *exec.Cmd
	url  string
	tail sync.WaitGroup
	text bytes.Buffer // what it printed after its first line
}

func serveProcess(t *testing.T, dir string) *collectorProcess {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := &collectorProcess{cmd: &exec.Cmd{Path: exe, Args: []string{"backstop", "serve", "-data", dir, "-listen", "127.0.0.1:0"}, Env: os.Environ()}}
	stderr, err := c.cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.kill() })
	r := bufio.NewReader(stderr)
	first, err := r.ReadString('\n')
	if err != nil {
		t.Fatalf("read the start line: %v %q", err, first)
	}
	if _, err := fmt.Sscanf(first, "backstop: listening on %s data in", &c.url); err != nil {
		rest, _ := io.ReadAll(r)
		t.Fatalf("start line: %s%s", first, rest)
	}
	c.url = strings.TrimSuffix(c.url, ",")
	c.tail.Go(func() {
		if _, err := io.Copy(&c.text, r); err != nil && !errors.Is(err, os.ErrClosed) {
			t.Errorf("read what the collector prints: %v", err)
		}
	})
	return c
}

// kill ends the process as a power cut ends the program: at once.
func (c *collectorProcess) kill() {
	if c.cmd.ProcessState == nil {
		c.cmd.Process.Kill()
		c.tail.Wait()
		c.cmd.Wait()
	}
}

// A crowd sends events until each is acknowledged, as the spool does.
type crowd struct {
	mu     sync.Mutex
	acked  int // events that were acknowledged
	posted int // events that may have arrived
}

// send posts batches until stop is closed or the collector is gone. What was not
// acknowledged goes back to the caller.
func (c *crowd) send(url string, todo []event.Event, r *rand.Rand, stop <-chan struct{}) (left []event.Event) {
	for len(todo) > 0 {
		select {
		case <-stop:
			return todo
		default:
		}
		batch := todo[:min(len(todo), 1+r.Intn(8))]
		body, err := json.Marshal(batch)
		if err != nil {
			panic(err)
		}
		c.mu.Lock()
		c.posted += len(batch)
		c.mu.Unlock()
		resp, err := http.Post(url+"/api/v1/events", "application/json", bytes.NewReader(body))
		if err != nil {
			return todo
		}
		_, err = io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
		if err != nil || resp.StatusCode != http.StatusOK {
			return todo
		}
		c.mu.Lock()
		c.acked += len(batch)
		c.mu.Unlock()
		todo = todo[len(batch):]
	}
	return nil
}

// stored asks a collector for the number of events it has counted.
func stored(t *testing.T, url string) int {
	t.Helper()
	resp, err := http.Get(url + "/api/v1/issues")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var list struct{ Issues []struct{ Count int } }
	if err := json.NewDecoder(resp.Body).Decode(&list); err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, i := range list.Issues {
		n += i.Count
	}
	return n
}

func crashes(sender, n int) []event.Event {
	events := make([]event.Event, n)
	for i := range events {
		message := "boom"
		events[i] = event.Event{
			ID: event.NewID(), Class: "panic.custom", Message: &message, OccurredAt: time.Now(),
			Service: fmt.Sprint("shop-", sender%2), Release: "v1", Observers: []event.Observer{event.Guard},
			Process: event.Process{BootID: "b", PID: 1 + sender, Start: uint64(i)}, GoroutineID: int64(i + 1), StackHash: "00",
		}
	}
	return events
}

// TestKill9 kills the collector at random points while clients send. Whatever
// was acknowledged is there after the restart, and everything is counted
// exactly once in the end, although clients send again what they had no answer
// for.
func TestKill9(t *testing.T) {
	const senders, each, rounds = 4, 600, 8
	dir := filepath.Join(t.TempDir(), "data")
	seed := time.Now().UnixNano()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewSource(seed))
	todo := make([][]event.Event, senders)
	for s := range todo {
		todo[s] = crashes(s, each)
	}
	var c crowd
	killed := 0
	for round := 0; ; round++ {
		p := serveProcess(t, dir)
		if got := stored(t, p.url); got < c.acked || got > min(c.posted, senders*each) {
			t.Fatalf("round %d: %d events after the restart, %d acknowledged, %d posted", round, got, c.acked, c.posted)
		}
		stop := make(chan struct{})
		var wg sync.WaitGroup
		for s := range todo {
			rs := rand.New(rand.NewSource(r.Int63()))
			wg.Go(func() { todo[s] = c.send(p.url, todo[s], rs, stop) })
		}
		finished := make(chan struct{})
		go func() { wg.Wait(); close(finished) }()
		var after <-chan time.Time
		if round < rounds {
			after = time.After(time.Duration(r.Intn(250)) * time.Millisecond)
		}
		select {
		case <-finished:
		case <-after:
			killed++
		}
		p.kill()
		close(stop)
		<-finished
		if left(todo) == 0 {
			break
		}
	}
	p := serveProcess(t, dir)
	if got := stored(t, p.url); got != senders*each {
		t.Errorf("%d events were counted, want %d (%d posts, killed %d times under load)", got, senders*each, c.posted, killed)
	}
	t.Logf("killed %d times under load; %d events, %d sent again", killed, senders*each, c.posted-senders*each)
}

func left(todo [][]event.Event) (n int) {
	for _, list := range todo {
		n += len(list)
	}
	return n
}

// TestServeStops sends SIGTERM while clients send: status 0, and what was
// acknowledged is there.
func TestServeStops(t *testing.T) {
	dir := t.TempDir()
	p := serveProcess(t, dir)
	var c crowd
	stop := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() { c.send(p.url, crashes(1, 1000), rand.New(rand.NewSource(1)), stop) })
	deadline := time.Now().Add(20 * time.Second)
	for stored(t, p.url) < 20 && time.Now().Before(deadline) {
		time.Sleep(time.Millisecond)
	}
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	p.tail.Wait()
	if err := p.cmd.Wait(); err != nil {
		t.Errorf("serve ended with %v", err)
	}
	close(stop)
	wg.Wait()
	if got := p.text.String(); got != "backstop: stopped\n" {
		t.Errorf("printed %q", got)
	}
	q := serveProcess(t, dir)
	if got := stored(t, q.url); got < c.acked {
		t.Errorf("%d events are there, %d were acknowledged", got, c.acked)
	}
	if _, err := os.Stat(filepath.Join(dir, "backstop.db")); err != nil {
		t.Error(err)
	}
}

// TestServeRefuses starts a second collector on the first one's port, and one on
// its directory.
func TestServeRefuses(t *testing.T) {
	dir := t.TempDir()
	p := serveProcess(t, dir)
	for name, c := range map[string]struct {
		args []string
		want string
	}{
		"port":      {[]string{"-data", t.TempDir(), "-listen", strings.TrimPrefix(p.url, "http://")}, "error: " + strings.TrimPrefix(p.url, "http://") + " is in use by another program\nhint: "},
		"directory": {[]string{"-data", dir, "-listen", "127.0.0.1:0"}, "error: the data directory is in use by another collector: " + dir + "\nhint: "},
	} {
		var errs bytes.Buffer
		if code := run(t.Context(), append([]string{"serve"}, c.args...), stdio{strings.NewReader(""), io.Discard, &errs}); code != exitFail {
			t.Errorf("%s: status %d", name, code)
		}
		if !strings.HasPrefix(errs.String(), c.want) {
			t.Errorf("%s: %s", name, errs.String())
		}
	}
}
