//go:build unix

package supervise

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/backstop-go/backstop/crash"
	"github.com/backstop-go/backstop/event"
)

func TestDeaths(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 57) + "..."
	for _, c := range []struct {
		args []string
		env  string
		code int
		want []string
	}{
		{args: []string{"exit", "0"}, code: 0},
		{args: []string{"exit", "3"}, code: 3, want: []string{`exit.os_exit "exit status 3" exit=3`}},
		{args: []string{"exit", "1"}, code: 1, want: []string{`exit.os_exit "exit status 1" exit=1`}},
		{args: []string{"exit", "255"}, code: 255, want: []string{`exit.os_exit "exit status 255" exit=255`}},
		{args: []string{"log-fatal"}, code: 1, want: []string{`exit.log_fatal "open config.yaml: no such file" exit=1`}},
		{args: []string{"flag"}, code: 2, want: []string{`exit.os_exit "exit status 2" exit=2`}},
		{args: []string{"panic"}, code: 2, want: []string{`panic.custom "boom" exit=2`}},
		{args: []string{"glued"}, code: 2, want: []string{`panic.custom "boom" exit=2`}},
		{args: []string{"nil-map"}, code: 2, want: []string{`panic.nil_map "assignment to entry in nil map" exit=2`}},
		{args: []string{"panic"}, env: "CRASHER_INIT=1", code: 2, want: []string{`panic.nil_map "assignment to entry in nil map" exit=2`}},
		{args: []string{"panic"}, env: "GOTRACEBACK=none", code: 2, want: []string{`panic.custom "boom" exit=2`}},
		{args: []string{"panic"}, env: "GOTRACEBACK=crash", code: 128 + 6, want: []string{`panic.custom "boom" exit=-1SIGABRT by self`}},
		{args: []string{"goroutine"}, code: 2, want: []string{`panic.index "runtime error: index out of range [2] with length 0" exit=2`}},
		{args: []string{"deadlock"}, code: 2, want: []string{`fatal.deadlock "all goroutines are asleep - deadlock!" exit=2`}},
		{args: []string{"map-writes"}, code: 2, want: []string{`fatal.concurrent_map_writes "concurrent map writes" exit=2`}},
		{args: []string{"stack-overflow"}, code: 2, want: []string{`fatal.stack_overflow "stack overflow" exit=2`}},
		{args: []string{"sigpipe"}, code: 128 + 13, want: []string{`kill.sigpipe "killed by SIGPIPE" exit=-1SIGPIPE`}},
		{args: []string{"http"}, code: 0, want: []string{`panic.custom "cart is nil" recovered`}},
		{args: []string{"http-abort"}, code: 0},
		{args: []string{"http-then-panic"}, code: 2, want: []string{`panic.custom "first" recovered`, `panic.custom "second" exit=2`}},
		{args: []string{"huge"}, code: 2, want: []string{`panic.custom "` + long + `" exit=2`}},
		{args: []string{"close-stderr"}, code: 2, want: []string{`exit.os_exit "exit status 2" exit=2`}},
		{args: []string{"headline-in-log"}, code: 0},
		{args: []string{"stack-in-log"}, code: 0},
		{args: []string{"race-like"}, code: 66, want: []string{`race "-"`}},
	} {
		t.Run(strings.Join(c.args, "_")+c.env, func(t *testing.T) {
			t.Parallel()
			o := Options{Service: "shop"}
			if c.env != "" {
				o.Env = append(os.Environ(), c.env)
			}
			got := supervise(t, o, c.args...)
			if got.Code != c.code {
				t.Errorf("code %d, want %d", got.Code, c.code)
			}
			if s := summary(got.all); !slices.Equal(s, c.want) {
				t.Errorf("events %q, want %q\nstderr: %.2000s", s, c.want, got.stderr)
			}
			if got.Seen != len(got.all) {
				t.Errorf("seen %d, given %d", got.Seen, len(got.all))
			}
			checkEvents(t, got)
		})
	}
}

// checkEvents checks what holds for every event.
func checkEvents(t *testing.T, got seen) {
	t.Helper()
	for _, e := range got.all {
		if e.Service != "shop" || e.Process != got.Process || e.Process.PID == 0 || e.Process.Start == 0 ||
			e.Process.BootID == "" || e.ID == "" || e.Instance == "" || e.Release == "" || e.Environment != "production" {
			t.Errorf("event is not complete: %+v", e)
		}
		if len(e.Text) > event.MaxText || e.Build.GoVersion != runtime.Version() || e.Build.Module == "" {
			t.Errorf("%d bytes of text, build %+v", len(e.Text), e.Build)
		}
		if !e.Saw(event.Supervisor) || e.OccurredAt.IsZero() || e.OccurredAt.Before(got.Started.Add(-time.Second)) || e.OccurredAt.After(got.Ended.Add(3*time.Second)) {
			t.Errorf("seen by %v at %v", e.Observers, e.OccurredAt)
		}
		if e.Report.Fingerprints.Tolerant == "" {
			t.Errorf("%s has no fingerprint", e.Class)
		}
		if traceback := e.Report.Kind == crash.KindPanic || e.Report.Kind == crash.KindFatal; traceback && e.Text == "" {
			t.Errorf("%s has no text", e.Class)
		}
	}
}

func TestTwoPanicsAtOnce(t *testing.T) {
	t.Parallel()
	got := supervise(t, Options{}, "two")
	messages := summary(got.Events)
	slices.Sort(messages)
	// The second goroutine may or may not have got as far as panicking when the
	// first one ends the process.
	both := []string{`panic.custom "left" exit=2`, `panic.custom "right" exit=2`}
	if len(messages) == 0 || len(messages) > 2 || got.Code != 2 {
		t.Fatalf("code %d, events %q\n%s", got.Code, messages, got.stderr)
	}
	for _, m := range messages {
		if !slices.Contains(both, m) {
			t.Errorf("event %q", m)
		}
	}
	if n := strings.Count("\n"+got.stderr, "\npanic: "); n != len(messages) {
		t.Errorf("%d panics were printed, %d events made\n%s", n, len(messages), got.stderr)
	}
}

func TestCaughtAndLogged(t *testing.T) {
	t.Parallel()
	got := supervise(t, Options{}, "caught")
	if len(got.all) != 1 || got.all[0].Exit == nil || got.all[0].Exit.Status != 1 || got.all[0].Report.Kind != crash.KindPanic {
		t.Errorf("a panic that the program printed before it gave up: %q\n%s", summary(got.all), got.stderr)
	}
	got = supervise(t, Options{}, "recovered")
	if got.Code != 0 || len(got.all) != 1 || !got.all[0].Report.Recovered || got.all[0].Exit != nil {
		t.Errorf("a panic that the program recovered and logged: %q\n%s", summary(got.all), got.stderr)
	}
}

func TestRecoveredWhileAlive(t *testing.T) {
	t.Parallel()
	// An HTTP panic must be told while the process lives, not when it ends.
	events := make(chan event.Event, 10)
	exe, err := crasher()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	done := make(chan Result, 1)
	go func() {
		res, err := Run(ctx, Options{
			Command: []string{"sh", "-c", `"$0" http; exec "$0" sleep`, exe},
			OnEvent: func(e event.Event) { events <- e },
		})
		if err != nil {
			t.Error(err)
		}
		done <- res
	}()
	select {
	case e := <-events:
		if !e.Report.Recovered || e.Exit != nil || e.Class != "panic.custom" {
			t.Errorf("event %q", summary([]event.Event{e}))
		}
	case <-done:
		t.Fatal("the process ended before its event came, or could not be started")
	case <-time.After(tooLong):
		t.Error("no event while the process lives")
	}
	cancel()
	if res := <-done; !res.Stopped || len(res.Events) > 0 {
		t.Errorf("stopped %v, events %q", res.Stopped, summary(res.Events))
	}
}

func TestHostileMessage(t *testing.T) {
	t.Parallel()
	got := supervise(t, Options{Service: "shop"}, "hostile")
	if len(got.all) != 1 || got.all[0].Message == nil || got.all[0].Class != "panic.custom" {
		t.Fatalf("events %q", summary(got.all))
	}
	if !strings.Contains(got.stderr, "\x1b]0;owned\x07\x1b[31mred\x00nul\u202e\xff") {
		t.Error("stderr was changed")
	}
	if line := OneLine(*got.all[0].Message, 200); strings.ContainsAny(line, "\x1b\x00\x07\u202e") {
		t.Errorf("line for a terminal: %q", line)
	}
}

func TestManyLinesOfMessage(t *testing.T) {
	t.Parallel()
	got := supervise(t, Options{}, "huge-lines")
	if len(got.Events) != 1 || got.Events[0].Class != "panic.custom" || !got.Events[0].Report.Truncated {
		t.Errorf("events %q", summary(got.Events))
	}
}

func TestAddressSpaceLimit(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("prlimit is Linux only") // not a feature elsewhere
	}
	t.Parallel()
	r, w := io.Pipe()
	running := start(t, Options{Stdin: r, Limits: Limits{AddressSpace: 1 << 30, NoCore: true}}, "oom")
	running.pid() // the limits are set before OnStart is called
	go func() {
		_, _ = w.Write([]byte("\n"))
		w.Close()
	}()
	got := running.wait()
	if len(got.Events) != 1 || got.Events[0].Class != "fatal.oom" || got.Code != 2 {
		t.Errorf("code %d, events %q\n%.2000s", got.Code, summary(got.Events), got.stderr)
	}
	if got.MaxRSS == 0 || got.CPU == 0 {
		t.Errorf("resources used: %d bytes, %v", got.MaxRSS, got.CPU)
	}
}

func TestSignalsFromOutside(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		sig  syscall.Signal
		code int
		want string
	}{
		{syscall.SIGKILL, 137, `kill.sigkill "killed by SIGKILL" exit=-1SIGKILL`},
		{syscall.SIGTERM, 143, `kill.sigterm "killed by SIGTERM" exit=-1SIGTERM`},
		{syscall.SIGHUP, 129, `kill.sighup "killed by SIGHUP" exit=-1SIGHUP`},
		{syscall.SIGQUIT, 2, `signal.sigquit `},
		{syscall.SIGSEGV, 2, `signal.`},
		{syscall.SIGABRT, 2, `signal.`},
	} {
		t.Run(signalName(c.sig), func(t *testing.T) {
			t.Parallel()
			r := start(t, Options{Service: "shop"}, "sleep")
			pid := r.pid()
			r.line()
			if err := syscall.Kill(pid, c.sig); err != nil {
				t.Fatal(err)
			}
			got := r.wait()
			s := summary(got.all)
			if len(s) != 1 || !strings.HasPrefix(s[0], c.want) || got.Code != c.code || got.Stopped {
				t.Errorf("code %d, stopped %v, events %q, want %q\n%.1000s", got.Code, got.Stopped, s, c.want, got.stderr)
			}
			checkEvents(t, got)
		})
	}
}

func TestForwardedStops(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		way  string
		sig  syscall.Signal
		code int
		want string // "" is no event
	}{
		{"sleep", syscall.SIGTERM, 143, ""},
		{"sleep", syscall.SIGINT, 130, ""},
		{"sleep", syscall.SIGHUP, 129, ""},
		{"sleep", syscall.SIGQUIT, 2, ""},
		{"sh", syscall.SIGUSR1, 138, `kill.sigusr1 "killed by SIGUSR1" exit=-1SIGUSR1`},
		{"graceful", syscall.SIGTERM, 0, ""},
		{"stop-fails", syscall.SIGTERM, 1, ""},
		{"stop-panics", syscall.SIGTERM, 2, `panic.custom "while stopping" exit=2`},
	} {
		t.Run(c.way+"_"+signalName(c.sig), func(t *testing.T) {
			t.Parallel()
			signals := make(chan os.Signal, 1)
			args := []string{c.way}
			if c.way == "sh" { // a Go program ignores USR1
				args = []string{"exec", "/bin/sh", "-c", "echo ready; exec sleep 3600"}
			}
			r := start(t, Options{Signals: signals, Restart: Restart{Policy: Always, Max: 1, MinBackoff: time.Millisecond}}, args...)
			r.line()
			signals <- c.sig
			if c.sig == syscall.SIGUSR1 { // not a stop, so it comes again
				r.line()
				signals <- c.sig
			}
			got := r.wait()
			var want []string
			if c.want != "" {
				want = []string{c.want}
			}
			if s := summary(got.Events); !slices.Equal(s, want) {
				t.Errorf("events %q, want %q\n%.1000s", s, want, got.stderr)
			}
			stop := c.sig != syscall.SIGUSR1
			if got.Code != c.code || got.Stopped != stop || (got.Restarts == 0) != stop {
				t.Errorf("code %d, want %d; stopped %v, restarts %d", got.Code, c.code, got.Stopped, got.Restarts)
			}
		})
	}
}

// TestSignalsArriveOnce counts in the child what was forwarded.
func TestSignalsArriveOnce(t *testing.T) {
	t.Parallel()
	signals := make(chan os.Signal, 10)
	r := start(t, Options{Signals: signals}, "count-usr1")
	r.line()
	for range 3 {
		signals <- syscall.SIGUSR1
		r.line() // the kernel folds equal signals that are pending
	}
	signals <- syscall.SIGTERM
	if got := r.wait(); got.Code != 43 || len(got.all) > 0 || !got.Stopped {
		t.Errorf("code %d, events %q", got.Code, summary(got.all))
	}
}

func TestStopByContext(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		way  string
		code int
		want []string
	}{
		{"graceful", 0, nil},
		{"sleep", 143, nil},
		{"stubborn", 137, []string{`kill.sigkill "killed by SIGKILL: it did not end within 200ms of SIGTERM" exit=-1SIGKILL by supervisor`}},
	} {
		t.Run(c.way, func(t *testing.T) {
			t.Parallel()
			r := start(t, Options{Grace: 200 * time.Millisecond, Restart: Restart{Policy: Always}}, c.way)
			r.line()
			r.stop()
			if got := r.wait(); got.Code != c.code || !got.Stopped || !slices.Equal(summary(got.all), c.want) || got.Restarts > 0 {
				t.Errorf("code %d, stopped %v, %d restarts, events %q", got.Code, got.Stopped, got.Restarts, summary(got.all))
			}
		})
	}
}

func TestGrandchildHoldsStderr(t *testing.T) {
	t.Parallel()
	for _, way := range []string{"grandchild", "noisy"} {
		t.Run(way, func(t *testing.T) {
			t.Parallel()
			r := start(t, Options{}, way)
			var grandchild int
			if _, err := fmt.Sscan(r.line(), &grandchild); err != nil {
				t.Fatal(err)
			}
			defer syscall.Kill(grandchild, syscall.SIGKILL) //nolint:errcheck // it may have died of SIGPIPE
			got := r.wait()
			if s := summary(got.Events); len(s) != 1 || s[0] != `panic.custom "parent died" exit=2` {
				t.Errorf("events %q\n%.1000s", s, got.stderr)
			}
		})
	}
}

// TestBlockedStderr: nobody reads our stderr, and the child dies all the same.
func TestBlockedStderr(t *testing.T) {
	t.Parallel()
	out := &gate{open: make(chan struct{})}
	defer close(out.open)
	got := supervise(t, Options{Stderr: out}, "flood", fmt.Sprint(8<<20))
	if s := summary(got.Events); len(s) != 1 || s[0] != `panic.custom "after the flood" exit=2` {
		t.Errorf("events %q", s)
	}
}

// TestClosedStderr: whoever read our stderr has gone.
func TestClosedStderr(t *testing.T) {
	t.Parallel()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	r.Close()
	got := supervise(t, Options{Stderr: w}, "flood", fmt.Sprint(4<<20))
	w.Close()
	if s := summary(got.Events); len(s) != 1 || s[0] != `panic.custom "after the flood" exit=2` {
		t.Errorf("events %q", s)
	}
}

func TestPassthrough(t *testing.T) {
	t.Parallel()
	data := randomBytes(4 << 20)
	got := supervise(t, Options{Stdin: bytes.NewReader(data)}, "echo")
	if got.Code != 0 || got.stderr != string(data) {
		t.Errorf("code %d, %d of %d bytes came through", got.Code, len(got.stderr), len(data))
	}
}

func TestRestart(t *testing.T) {
	t.Parallel()
	var waits []time.Duration
	o := Options{
		Restart:   Restart{Policy: OnFailure, Max: 3, MinBackoff: time.Millisecond},
		OnRestart: func(_ int, after time.Duration) { waits = append(waits, after) },
	}
	got := supervise(t, o, "panic")
	if got.Restarts != 3 || len(got.all) != 4 || len(waits) != 3 || got.Seen != 4 || len(got.Events) != 1 {
		t.Errorf("%d restarts, %d events, waits %v", got.Restarts, len(got.all), waits)
	}
	pids := map[int]bool{}
	for _, e := range got.all {
		pids[e.Process.PID] = true
	}
	if len(pids) != 4 {
		t.Errorf("processes %v", pids)
	}
	if got = supervise(t, o, "exit", "0"); got.Restarts != 0 {
		t.Errorf("%d restarts after an end without failure", got.Restarts)
	}
	o.Restart.Policy = Always
	if got = supervise(t, o, "exit", "0"); got.Restarts != 3 {
		t.Errorf("%d restarts with policy always", got.Restarts)
	}
}

func TestStopWhileWaiting(t *testing.T) {
	t.Parallel()
	waiting := make(chan struct{}, 1)
	r := start(t, Options{
		Restart:   Restart{Policy: Always, MinBackoff: time.Hour, MaxBackoff: time.Hour},
		OnRestart: func(int, time.Duration) { waiting <- struct{}{} },
	}, "panic")
	<-waiting
	r.stop()
	if got := r.wait(); !got.Stopped || got.Restarts != 0 || got.Code != 2 || len(got.Events) != 1 {
		t.Errorf("stopped %v, %d restarts, code %d", got.Stopped, got.Restarts, got.Code)
	}
}

func TestEnvironment(t *testing.T) {
	t.Parallel()
	o := Options{
		Service: "cart", Release: "1.2", Environment: "staging", Instance: "i-1", Collector: "http://127.0.0.1:1", Key: "secret",
		Env: []string{"BACKSTOP_RELEASE=own"},
	}
	for name, want := range map[string]string{
		"GOTRACEBACK": "all", "BACKSTOP_SERVICE": "cart", "BACKSTOP_RELEASE": "own", "BACKSTOP_ENVIRONMENT": "staging",
		"BACKSTOP_INSTANCE": "i-1", "BACKSTOP_COLLECTOR": "http://127.0.0.1:1", "BACKSTOP_KEY": "secret",
	} {
		if got := strings.TrimSpace(supervise(t, o, "env", name).stdout); got != want {
			t.Errorf("%s=%s, want %s", name, got, want)
		}
	}
	o.Env = []string{"GOTRACEBACK=single"}
	if got := strings.TrimSpace(supervise(t, o, "env", "GOTRACEBACK").stdout); got != "single" {
		t.Errorf("GOTRACEBACK=%s", got)
	}
	got := supervise(t, Options{Env: []string{"BACKSTOP_SERVICE=named", "BACKSTOP_ENVIRONMENT=test"}}, "panic")
	if len(got.all) != 1 || got.all[0].Service != "named" || got.all[0].Environment != "test" {
		t.Errorf("what the child's environment says is not used: %+v", got.all)
	}
}

func TestCannotStart(t *testing.T) {
	dir := t.TempDir()
	for name, mode := range map[string]os.FileMode{"data": 0o644, "garbage": 0o755} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("\x01\x02not a program"), mode); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		command string
		code    int
	}{
		{"no-such-program-anywhere", 127},
		{filepath.Join(dir, "missing"), 127},
		{filepath.Join(dir, "data"), 126},
		{filepath.Join(dir, "garbage"), 126},
		{dir, 126},
	} {
		_, err := Run(context.Background(), Options{Command: []string{c.command}})
		var se *StartError
		if !errors.As(err, &se) || se.Code != c.code {
			t.Errorf("%s: %v, want code %d", c.command, err, c.code)
		}
	}
	if _, err := Run(context.Background(), Options{}); !errors.Is(err, ErrNoCommand) {
		t.Errorf("no command: %v", err)
	}
}
