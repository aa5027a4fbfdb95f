package main

import (
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/backstop-go/backstop/event"
	"github.com/backstop-go/backstop/internal/crashtest"
)

// TestRunAsInit: crashes of the program of a container, whose init process we
// are, all reach the collector before the container is gone.
func TestRunAsInit(t *testing.T) {
	if out, err := exec.Command("unshare", "--pid", "--fork", "--mount-proc", "true").CombinedOutput(); err != nil {
		crashtest.Skip(t, "no pid namespace can be made, which takes root and unshare(1): %v %s", err, out)
	}
	collector := serveProcess(t, t.TempDir())
	shop := shopPath(t)
	backstop := filepath.Join(filepath.Dir(shop), "backstop") // the test binary goes by its name
	if err := os.Symlink(shop, backstop); err != nil {
		t.Fatal(err)
	}
	const times = 12
	for n := range times {
		cmd := exec.Command("unshare", "--pid", "--fork", "--kill-child", "--mount-proc",
			backstop, "run", "-collector", collector.url, "-spool", t.TempDir(), "--", shop, "goroutine")
		out, err := cmd.CombinedOutput()
		if cmd.ProcessState.ExitCode() != 2 {
			t.Fatalf("run %d: %v\n%s", n, err, out)
		}
		if got := stored(t, collector.url); got != n+1 {
			t.Fatalf("%d of %d crashes have arrived\n%s", got, n+1, out)
		}
	}
}

// TestRunTellsRequests: what was in flight when a program was killed can be read
// from the collector.
func TestRunTellsRequests(t *testing.T) {
	collector := serveProcess(t, t.TempDir())
	code, stderr := runQuietly(t, "-collector", collector.url, "-spool", t.TempDir(), "--", shopPath(t), "requests")
	m := regexp.MustCompile(`died: kill\.sigkill: killed by SIGKILL, 2 requests in flight \(the oldest GET /slow, trace 4bf92f3577b34da6a3ce929d0e0e4736\), event ([0-9a-f]{32})\n`).FindStringSubmatch(stderr)
	if code != 137 || m == nil {
		t.Fatalf("status %d\n%s", code, stderr)
	}
	resp, err := http.Get(collector.url + "/api/v1/events/" + m[1])
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var e event.Event
	if err := json.NewDecoder(resp.Body).Decode(&e); err != nil {
		t.Fatal(err)
	}
	if e.InFlightCount != 2 || len(e.InFlight) != 2 || e.Request != nil {
		t.Fatalf("event %+v", e)
	}
	for i, want := range []string{"/slow", "/cart"} {
		f := e.InFlight[i]
		if f.Request.Method != "GET" || f.Request.URL != want || f.Request.TraceID != "4bf92f3577b34da6a3ce929d0e0e4736" || f.GoroutineID == 0 || f.StartedAt.IsZero() {
			t.Errorf("in flight %+v, want %s", f, want)
		}
	}
}

// TestRunNames: what the program says it is called counts for more than what its
// file is called, and for less than what the user says.
func TestRunNames(t *testing.T) {
	for _, c := range []struct {
		flag             []string
		env              string
		service, release string
	}{
		{nil, "", "checkout", "4.2"},
		{[]string{"-service", "till"}, "", "till", "4.2"},
		{nil, "till", "till", "4.2"},
		{[]string{"-release", "5"}, "", "checkout", "5"},
	} {
		collector := crashtest.NewCollector(t)
		t.Setenv("BACKSTOP_SERVICE", c.env)
		code, stderr := runQuietly(t, append(append([]string{"-collector", collector.URL}, c.flag...), "--", shopPath(t), "named")...)
		events := decodeEvents(t, collector.Events())
		if code != 3 || len(events) != 1 || events[0].Service != c.service || events[0].Release != c.release {
			t.Errorf("%v, %q: status %d, events %+v, want one of %s %s\n%s", c.flag, c.env, code, events, c.service, c.release, stderr)
		}
	}
}
