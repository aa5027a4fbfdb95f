//go:build unix

package supervise

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/backstop-go/backstop/event"
)

const crasherTrace = "4bf92f3577b34da6a3ce929d0e0e4736"

// TestRequestsInFlight: the table outlives the program, however it died.
func TestRequestsInFlight(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		how, class, request string
		via                 event.Via
	}{
		{"panic", "panic.custom", "/last", ""},
		{"started", "panic.index", "/last", event.ViaCreator},
		{"kill", "kill.sigkill", "", ""},
		{"exit", "exit.log_fatal", "", ""},
	} {
		t.Run(c.how, func(t *testing.T) {
			t.Parallel()
			got := supervise(t, Options{Restart: Restart{Policy: OnFailure, Max: 1, MinBackoff: time.Millisecond}}, "requests", c.how)
			if len(got.all) != 2 {
				t.Fatalf("events %q\n%s", summary(got.all), got.stderr)
			}
			for _, e := range got.all { // the table of the second process is its own
				if string(e.Class) != c.class || e.InFlightCount != 3 || len(e.InFlight) != 3 {
					t.Errorf("%s, %d in flight: %+v\n%s", e.Class, e.InFlightCount, e.InFlight, got.stderr)
					continue
				}
				for i, path := range []string{"/slow", "/other", "/last"} {
					if f := e.InFlight[i]; f.Request.URL != path || f.Request.Method != "GET" || f.Request.TraceID != crasherTrace || f.GoroutineID == 0 || f.StartedAt.IsZero() {
						t.Errorf("in flight %+v, want %s", f, path)
					}
				}
				if r := e.Request; c.request == "" && r != nil || c.request != "" && (r == nil || r.URL != c.request || r.Via != c.via) {
					t.Errorf("request %+v, want %q", r, c.request)
				}
			}
		})
	}
	if got := supervise(t, Options{}, "requests", "over"); len(got.all) != 0 || got.Code != 0 {
		t.Errorf("code %d, events %q", got.Code, summary(got.all))
	}
}

// TestShellBetween: guard and monitor know the program by its own number, so
// the supervisor has to as well, for one crash to be one event.
func TestShellBetween(t *testing.T) {
	t.Parallel()
	exe, err := crasher()
	if err != nil {
		t.Fatal(err)
	}
	for how, want := range map[string]string{
		"panic": `panic.custom "in a handler" exit=2`,
		"kill":  `exit.os_exit "exit status 137" exit=137`,
	} {
		r := start(t, Options{}, "exec", "/bin/sh", "-c", `"$0" requests $1; exit $?`, exe, how)
		var own event.Process
		if _, err := fmt.Sscan(r.line(), &own.PID, &own.Start); err != nil {
			t.Fatal(err)
		}
		got := r.wait()
		if s := summary(got.all); len(s) != 1 || s[0] != want {
			t.Fatalf("%s: events %q\n%s", how, s, got.stderr)
		}
		own.BootID, own.Host = got.Process.BootID, got.Process.Host
		if e := got.all[0]; e.Process != own || e.Process == got.Process || e.InFlightCount != 3 {
			t.Errorf("%s: event of %+v, want %+v; %d in flight", how, e.Process, own, e.InFlightCount)
		}
	}
}

// TestNoRequests: a program that does not use the SDK has an empty table.
func TestNoRequests(t *testing.T) {
	t.Parallel()
	if got := supervise(t, Options{}, "panic"); len(got.all) != 1 || got.all[0].InFlight != nil || got.all[0].InFlightCount != 0 || got.all[0].Request != nil {
		t.Errorf("events %+v", got.all)
	}
}

// TestTableInEnvironment: the child learns of us, and somebody else's table is
// left to them.
func TestTableInEnvironment(t *testing.T) {
	t.Parallel()
	env := func(name string, given ...string) string {
		return strings.TrimSpace(supervise(t, Options{Env: given}, "env", name).stdout)
	}
	self := strconv.Itoa(os.Getpid())
	if got := env(envSupervisor); got != self {
		t.Errorf("supervisor %s, want %s", got, self)
	}
	if got := env(envInFlight); got == "" {
		t.Error("no table")
	}
	if got := env(envInFlight, envInFlight+"=mine"); got != "mine" {
		t.Errorf("table %s", got)
	}
	outer := []string{envInFlight + "=outer", envSupervisor + "=1"}
	if table, by := env(envInFlight, outer...), env(envSupervisor, outer...); table == "outer" || table == "" || by != self {
		t.Errorf("below another supervisor: table %q of %s", table, by)
	}
}
