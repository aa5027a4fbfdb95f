//go:build amd64

package postmortem

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"

	"github.com/backstop-go/backstop/cmd/backstop/internal/coretest"
	"github.com/backstop-go/backstop/cmd/backstop/internal/goproc/ptrace"
	"github.com/backstop-go/backstop/cmd/backstop/internal/textview"
	"github.com/backstop-go/backstop/cmd/backstop/internal/tracee"
	"github.com/backstop-go/backstop/crash"
)

// TestCoreOfTheLiving: a core that a debugger wrote has no cause; all goroutines are
// there, those that were running too.
func TestCoreOfTheLiving(t *testing.T) {
	for _, mode := range []tracee.Mode{tracee.Default, tracee.PIEStripped} {
		exe := tracee.Build(t, newest, mode)
		p := tracee.Start(t, exe)
		p.Do("park 5")
		p.Do("spin")
		core := writeCore(t, p.PID)
		c, err := OpenCore(core, CoreOptions{})
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close() //nolint:errcheck // it was only read
		a, err := c.Examine(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if !a.Details.Alive || a.Report.Kind != crash.KindFragment || a.Report.Crash != -1 || a.Headline != "" || a.Report.Message != "" {
			t.Errorf("%s: alive %v, kind %s, crash %d, headline %q", mode, a.Details.Alive, a.Report.Kind, a.Report.Crash, a.Headline)
		}
		parked, spins := 0, false
		for i := range a.Report.Goroutines {
			for _, f := range a.Report.Goroutines[i].Frames {
				if f.Func == "main.park" {
					parked++
					break
				}
				spins = spins || f.Func == "main.spin"
			}
		}
		if parked != 5 || !spins {
			t.Errorf("%s: %d goroutines parked, one spins: %v; problems %q", mode, parked, spins, a.Details.Problems)
		}
		var text bytes.Buffer
		if err := WriteCore(&text, a, textview.Options{}); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(text.String(), "nothing had ended this program") || !strings.Contains(text.String(), "main.park") {
			t.Errorf("%s: %s", mode, &text)
		}
	}
}

// writeCore writes a core of a living process as a debugger does.
func writeCore(t *testing.T, pid int) string {
	t.Helper()
	s, err := ptrace.Stop(t.Context(), pid)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Release() //nolint:errcheck // the process ends with the test
	var threads []coretest.Thread
	for _, thread := range s.Threads {
		r := thread.Registers
		threads = append(threads, coretest.Thread{TID: thread.ID, PC: r.PC, SP: r.SP, BP: r.BP})
	}
	path := filepath.Join(t.TempDir(), "core")
	coretest.Living(t, path, pid, threads)
	return path
}

// TestCoreOfOurOwn: the cores that tests get where the kernel does not leave them are
// like its own.
func TestCoreOfOurOwn(t *testing.T) {
	t.Setenv(coretest.EnvOwn, "1")
	exe := tracee.Build(t, newest, tracee.PIEStripped)
	for _, death := range []string{"die-nested", "fault", "abort"} {
		d := dumpCore(t, exe, "park 3;"+death)
		want, err := crash.Parse(bytes.NewReader(d.stderr))
		if err != nil {
			t.Fatalf("%v in %s", err, d.stderr)
		}
		compareReports(t, d.examine(t, CoreOptions{Raw: true, All: true}), want)
	}
}
