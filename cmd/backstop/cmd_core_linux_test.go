//go:build amd64

package main

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/backstop-go/backstop/cmd/backstop/internal/coretest"
	"github.com/backstop-go/backstop/cmd/backstop/internal/tracee"
	"github.com/backstop-go/backstop/crash"
	"github.com/backstop-go/backstop/event"
	"github.com/backstop-go/backstop/internal/crashtest"
)

func init() {
	coretest.Main()
	ownPrograms = map[string]func(){"leave-core": func() { coretest.Leave(os.Args[1:]) }}
}

// oneCore lets the traced program die, and returns its executable, its core and what
// it wrote.
func oneCore(t *testing.T, death string) (exe, core string, stderr []byte) {
	t.Helper()
	exe = tracee.Build(t, tracee.Toolchains[len(tracee.Toolchains)-1], tracee.Stripped)
	cmd := coretest.Command(t, exe)
	var out bytes.Buffer
	cmd.Dir, cmd.Stdin, cmd.Stderr = t.TempDir(), strings.NewReader(death+"\n"), &out
	cmd.Env = append(cmd.Environ(), "GOTRACEBACK=crash", "GOMAXPROCS=2")
	_ = cmd.Run() // it dies
	cores, _ := filepath.Glob(filepath.Join(cmd.Dir, "core*"))
	if len(cores) != 1 {
		t.Fatalf("%d cores; it wrote %s", len(cores), out.Bytes())
	}
	return exe, cores[0], out.Bytes()
}

// TestCoreSends: the collector gets the crash of a core once, whatever copy of it is
// read, and counts it where it counts the log of that crash.
func TestCoreSends(t *testing.T) {
	exe, core, log := oneCore(t, "die-deep password=hunter2")
	want, err := crash.Parse(bytes.NewReader(log))
	if err != nil {
		t.Fatal(err)
	}
	c := crashtest.NewCollector(t)
	var events []event.Event
	for _, args := range [][]string{{exe, core}, {"-all", exe, core}, {"-service", "till", "-env", "test", "-release", "v1", "-instance", "i", core}} {
		var errs bytes.Buffer
		args = append([]string{"core", "-collector", c.URL, "-key", "k", "-spool", t.TempDir()}, args...)
		if code := run(t.Context(), args, stdio{strings.NewReader(""), io.Discard, &errs}); code != exitOK || errs.Len() > 0 {
			t.Fatalf("%q: status %d: %s", args, code, errs.String())
		}
	}
	for _, data := range c.Events() {
		e, err := event.Decode(data)
		if err != nil {
			t.Fatal(err)
		}
		events = append(events, e)
	}
	if len(events) != 3 || events[0].ID != events[1].ID || events[0].ID != events[2].ID {
		t.Fatalf("%d events, and not of one id", len(events))
	}
	e := events[0]
	if e.Class != want.Class || e.Report.Fingerprints.Tolerant != want.Fingerprints.Tolerant || events[1].Report.Fingerprints.Tolerant != want.Fingerprints.Tolerant {
		t.Errorf("class %s, fingerprints %+v and %+v; the log says %s, %+v", e.Class, e.Report.Fingerprints, events[1].Report.Fingerprints, want.Class, want.Fingerprints)
	}
	if e.Service != filepath.Base(exe) || e.Environment != "production" || e.Build.GoVersion == "" || e.Exit == nil || e.Exit.Signal != "SIGABRT" || e.Exit.By != event.BySelf || !e.Saw(event.Core) || e.Process.PID == 0 || !e.Terminal() {
		t.Errorf("%+v", e)
	}
	if e := events[2]; e.Service != "till" || e.Environment != "test" || e.Release != "v1" || e.Instance != "i" {
		t.Errorf("%+v", e)
	}
	if text, _ := json.Marshal(events); bytes.Contains(text, []byte("hunter2")) {
		t.Errorf("a secret travels: %s", text)
	}
}

// TestCoreKeepsWhatIsNotSent: an event that no collector takes waits in the spool; of a
// core that does not tell the cause there is none.
func TestCoreKeepsWhatIsNotSent(t *testing.T) {
	exe, core, _ := oneCore(t, "die-string")
	spool := t.TempDir()
	send := func(url, core string) (int, string) {
		var errs bytes.Buffer
		code := run(t.Context(), []string{"core", "-collector", url, "-spool", spool, exe, core}, stdio{strings.NewReader(""), io.Discard, &errs})
		return code, errs.String()
	}
	refuses := crashtest.NewCollector(t)
	refuses.Answer(func([][]byte) int { return http.StatusServiceUnavailable })
	if code, errs := send(refuses.URL, core); code != exitOK || !strings.Contains(errs, "warning: 1 event was not delivered") || !strings.Contains(errs, "kept in "+spool) {
		t.Errorf("status %d: %s", code, errs)
	}
	data, err := os.ReadFile(core)
	if err != nil {
		t.Fatal(err)
	}
	cut := filepath.Join(t.TempDir(), "cut")
	if err := os.WriteFile(cut, data[:5000], 0o600); err != nil {
		t.Fatal(err)
	}
	takes := crashtest.NewCollector(t)
	if code, errs := send(takes.URL, cut); code != exitFail || !strings.Contains(errs, "error: nothing was sent to the collector") || len(takes.Events()) != 0 {
		t.Errorf("status %d, %d events: %s", code, len(takes.Events()), errs)
	}
	if code, errs := send(takes.URL, core); code != exitOK || len(takes.Events()) == 0 {
		t.Errorf("status %d, %d events: %s", code, len(takes.Events()), errs)
	}
}
