//go:build unix && !aix && go1.23

package monitor

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/backstop-go/backstop/event"
	"github.com/backstop-go/backstop/internal/host"
	"github.com/backstop-go/backstop/internal/inflight"
)

// TestUnknownEnding asks about a process that is gone and left nothing, where
// the kernel does not tell how: it matters when requests were being served, or
// the OOM killer struck.
func TestUnknownEnding(t *testing.T) {
	for _, c := range []struct {
		name    string
		serving bool
		oom     bool
		stopped bool
		want    string
	}{
		{name: "idle"},
		{name: "serving", serving: true, want: "ended, nobody knows how"},
		{name: "out of memory", oom: true, want: "ended, nobody knows how; the OOM killer struck meanwhile"},
		{name: "stopped", serving: true, stopped: true},
	} {
		table, err := inflight.New()
		if err != nil {
			t.Fatal(err)
		}
		slot := table.Enter(7, &inflight.Entry{Method: "GET", Path: "/"})
		if !c.serving {
			slot.Leave()
		}
		counter := filepath.Join(t.TempDir(), "memory.events")
		write := func(text string) {
			if err := os.WriteFile(counter, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		write("oom_kill 1\n")
		k := keeper{
			config: &Config{Event: event.Evidence{Service: "svc", Process: event.Process{PID: 1 << 30}}},
			oom:    host.WatchOOMIn(counter),
			table:  table.File(), over: make(chan bool, 1), ended: make(chan struct{}),
		}
		if c.oom {
			write("oom_kill 2\n")
		}
		k.over <- c.stopped
		e, err := k.death(new(clipping), time.Now())
		switch {
		case err != nil:
			t.Errorf("%s: %v", c.name, err)
		case e == nil && c.want != "":
			t.Errorf("%s: no event, want %q", c.name, c.want)
		case e == nil:
		case e.Class != "exit.unknown" || *e.Message != c.want || e.Exit != nil || c.serving != (e.InFlightCount == 1):
			t.Errorf("%s: %s %q, %d in flight, want %q", c.name, e.Class, *e.Message, e.InFlightCount, c.want)
		}
	}
}
