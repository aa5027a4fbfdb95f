package ingest

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"testing"
	"time"

	"github.com/backstop-go/backstop/event"
	"github.com/backstop-go/backstop/internal/crashtest"
)

// TestHeadlines has programs with the SDK die, and reads what their monitors
// send: the crash output has no headlines, so these are found in the
// executables, position-independent ones too.
func TestHeadlines(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("monitors read executables on Linux")
	}
	t.Parallel()
	for name, exe := range map[string]string{
		"exe": crashtest.Build(t, "testdata/dies"),
		"pie": crashtest.Build(t, "testdata/dies", "-buildmode=pie"),
	} {
		for _, c := range [][4]string{
			// program, level, message, class
			{"map-writes", "all", "concurrent map writes", "fatal.concurrent_map_writes"},
			{"map-read-write", "system", "concurrent map read and map write", "fatal.concurrent_map_read_write"},
			{"unlock", "all", "sync: unlock of unlocked mutex", "fatal.sync_unlock"},
			{"rwmutex-runlock", "system", "sync: RUnlock of unlocked RWMutex", "fatal.sync_unlock"},
			{"stack-overflow", "system", "stack overflow", "fatal.stack_overflow"},
			{"asleep", "system", "all goroutines are asleep - deadlock!", "fatal.deadlock"},
			{"asleep", "all", "all goroutines are asleep - deadlock!", "fatal.deadlock"},
			{"goexit", "system", "all goroutines are asleep - deadlock!", "fatal.deadlock"}, // the SDK's is one of them
			{"fault", "system", "fault", "fatal.fault"},
		} {
			t.Run(name+"/"+c[0]+"/"+c[1], func(t *testing.T) {
				t.Parallel()
				e := dies(t, exe, c[0], c[1])
				if e.Message == nil || *e.Message != c[2] || string(e.Class) != c[3] || e.Report.Class != e.Class || e.Memory != nil {
					t.Errorf("%s\n%s", describe(&e), event.Clip(e.Text, 500))
				}
				if e.Exit != nil && e.Exit.Status != 2 {
					t.Errorf("exit %+v", e.Exit)
				}
			})
		}
	}
}

// TestInFlight has programs die while they serve, and finds the requests in what
// their monitors send.
func TestInFlight(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("the table of requests outlives a process on Linux")
	}
	t.Parallel()
	exe := crashtest.Build(t, "testdata/dies")
	for how, want := range map[string]string{
		"fatal": "fatal.sync_unlock at /last",
		"stray": "panic.custom at /last",
		"kill":  "kill.sigkill at -",
	} {
		e := dies(t, exe, "serve", "system", how)
		if how == "kill" && e.Exit == nil {
			want = "exit.unknown at -" // before Linux 6.15
		}
		got := string(e.Class) + " at -"
		if e.Request != nil {
			got = string(e.Class) + " at " + e.Request.URL
		}
		if got != want || len(e.InFlight) != 3 || e.InFlightCount != 3 || e.InFlight[0].Request.URL != "/first" || e.TableGzip != nil {
			t.Errorf("%s: %s, want %s; in flight %d: %+v", how, got, want, e.InFlightCount, e.InFlight)
		}
	}
}

// dies runs a program to its death and returns what the collector makes of it.
func dies(t *testing.T, exe string, args ...string) event.Event {
	t.Helper()
	c := crashtest.NewCollector(t)
	cmd := exec.Command(exe, args...)
	cmd.Env = append(os.Environ(), "BACKSTOP_COLLECTOR="+c.URL, "BACKSTOP_SPOOL="+crashtest.SpoolDir(t))
	if err := cmd.Run(); err == nil {
		t.Fatal("it did not die")
	}
	crashtest.Eventually(t, "the event", func() bool { return len(c.Events()) == 1 })
	e, err := event.Decode(c.Events()[0])
	if err != nil {
		t.Fatal(err)
	}
	Normalise(&e, time.Now())
	return e
}

func describe(e *event.Event) string {
	message := "no message"
	if e.Message != nil {
		message = fmt.Sprintf("%q", *e.Message)
	}
	return fmt.Sprintf("%s: %s, exit %+v, %d pieces of memory", e.Class, message, e.Exit, len(e.Memory))
}
