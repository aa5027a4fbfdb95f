package backstop_test

import (
	"strings"
	"testing"

	"github.com/backstop-go/backstop/crash"
	"github.com/backstop-go/backstop/event"
	"github.com/backstop-go/backstop/internal/crashtest"
)

// TestDeadlocksStillDie keeps the promise that several well-known SDKs break: a
// program in which everybody waits dies of it, with the SDK started, a monitor
// running and a panic just delivered.
func TestDeadlocksStillDie(t *testing.T) {
	needMonitor(t)
	t.Parallel()
	exe := crashtest.Build(t, "testdata/deadlock")
	for _, how := range []string{"mutex", "channel", "goexit"} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			c := crashtest.NewCollector(t)
			r := crashtest.Run(t, "deadlock", crashtest.Options{
				Executable: exe, Args: []string{how},
				Env: []string{"BACKSTOP_COLLECTOR=" + c.URL, "BACKSTOP_SPOOL=" + crashtest.SpoolDir(t)},
			})
			// After runtime.Goexit in main, a program without the SDK says "no
			// goroutines" instead, and writes nothing to the crash output. The
			// SDK's worker is one more sleeping goroutine: that makes this
			// death visible to the monitor.
			if headline := "all goroutines are asleep - deadlock!"; r.Hung || r.Exit != 2 || !strings.Contains(r.Stderr, headline) {
				t.Fatalf("hung %v, exit %d, want death by %q\n%s", r.Hung, r.Exit, headline, r.Stderr)
			}
			want := map[event.Observer]crash.Class{event.Guard: "panic.custom", event.Monitor: "fatal.deadlock"}
			crashtest.Eventually(t, "the events", func() bool { return len(c.Events()) >= len(want) })
			for _, e := range decode(t, c.Events()) {
				if class, ok := want[e.Observers[0]]; !ok || e.Class != class {
					t.Errorf("%v saw %s, want %v", e.Observers, e.Class, want)
				}
			}
		})
	}
}

// TestDeadlockWithoutMonitor does the same for the sender inside the process,
// with a collector that is away: its attempts end, and then the detector works.
func TestDeadlockWithoutMonitor(t *testing.T) {
	t.Parallel()
	exe := crashtest.Build(t, "testdata/deadlock")
	r := crashtest.Run(t, "deadlock.test", crashtest.Options{
		Executable: exe, Args: []string{"mutex"},
		Env: []string{"BACKSTOP_COLLECTOR=http://127.0.0.1:1", "BACKSTOP_SPOOL=" + crashtest.SpoolDir(t)},
	})
	if r.Hung || r.Exit != 2 || !strings.Contains(r.Stderr, "all goroutines are asleep") {
		t.Errorf("hung %v, exit %d, want death by deadlock\n%s", r.Hung, r.Exit, r.Stderr)
	}
}
