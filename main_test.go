package backstop

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"testing"

	"github.com/backstop-go/backstop/event"
	"github.com/backstop-go/backstop/internal/crashtest"
)

func TestMain(m *testing.M) { crashtest.Main(m, programs) }

// mustStart starts the SDK in a crashing program.
func mustStart(o Options) {
	if err := Start(o); err != nil {
		fmt.Fprintln(os.Stderr, "start:", err)
		os.Exit(99)
	}
}

// start starts the SDK in the test itself, without a monitor.
func start(t testing.TB, o Options) {
	t.Helper()
	if o.SpoolDir == "" {
		o.SpoolDir = t.TempDir()
	}
	o.DisableMonitor = true
	if err := Start(o); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stopNow() })
}

// stopNow ends the SDK without waiting for a collector.
func stopNow() {
	Stop(cancelled()) //nolint:errcheck // events may be left; most tests want them so
}

// decode reads collected or spooled events.
func decode(t testing.TB, raw []json.RawMessage) []event.Event {
	t.Helper()
	var all []event.Event
	for _, line := range raw {
		var e event.Event
		d := json.NewDecoder(bytes.NewReader(line))
		d.DisallowUnknownFields()
		if err := d.Decode(&e); err != nil {
			t.Fatalf("decode event: %v\n%s", err, line)
		}
		all = append(all, e)
	}
	return all
}
