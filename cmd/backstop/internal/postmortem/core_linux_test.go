//go:build amd64

package postmortem

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/backstop-go/backstop/cmd/backstop/internal/coretest"
	"github.com/backstop-go/backstop/cmd/backstop/internal/tracee"
	"github.com/backstop-go/backstop/crash"
)

// A dump is a core that a program left, and what it wrote before.
type dump struct {
	exe, core string
	stderr    []byte
}

// dumpCore lets the traced program die at the last of some commands and returns
// its core. Environment is added.
func dumpCore(tb testing.TB, exe, commands string, env ...string) dump {
	tb.Helper()
	return dumpSignalled(tb, exe, commands, nil, env...)
}

// dumpSignalled sends a signal when the commands were answered, if there is one.
func dumpSignalled(tb testing.TB, exe, commands string, signal os.Signal, env ...string) dump {
	tb.Helper()
	dir := tb.TempDir()
	cmd := coretest.Command(tb, exe)
	cmd.Dir, cmd.WaitDelay = dir, time.Second
	cmd.Env = append(append(cmd.Environ(), "GOTRACEBACK=crash", "GOMAXPROCS=2", "GOMEMLIMIT=64MiB"), env...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		tb.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		tb.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		tb.Fatal(err)
	}
	words := strings.Split(commands, ";")
	if _, err := io.WriteString(stdin, strings.Join(words, "\n")+"\n"); err != nil {
		tb.Log(err) // it says why below
	}
	answers := bufio.NewScanner(stdout)
	for n := 0; answers.Scan(); n++ {
		if n == len(words) && signal != nil { // the first line says that it is ready
			if err := cmd.Process.Signal(signal); err != nil {
				tb.Fatal(err)
			}
		}
	}
	err = cmd.Wait()
	cores, globErr := filepath.Glob(filepath.Join(dir, "core*"))
	if globErr != nil || len(cores) != 1 {
		tb.Fatalf("%s left %d cores: %v, %v; it wrote %s", commands, len(cores), err, globErr, stderr.Bytes())
	}
	return dump{exe: exe, core: cores[0], stderr: stderr.Bytes()}
}

// examine reads a core as GOTRACEBACK=crash prints it.
func (d dump) examine(tb testing.TB, o CoreOptions) *Autopsy {
	tb.Helper()
	o.Executable = d.exe
	c, err := OpenCore(d.core, o)
	if err != nil {
		tb.Fatal(err)
	}
	defer c.Close() //nolint:errcheck // it was only read
	a, err := c.Examine(tb.Context())
	if err != nil {
		tb.Fatal(err)
	}
	return a
}

// deaths are commands of the traced program.
var deaths = []string{
	"die-string", "die-error", "die-custom", "die-stringer", "die-struct", "die-level", "die-nil", "die-index", "die-nested",
	"die-repanic", "die-deep", "die-goroutine", "die-too-deep", "map-write", "unlock", "overflow", "deadlock", "fault", "abort",
}

// TestCoreSaysWhatTheTracebackSaid: the report of a core is that of the traceback
// which the program wrote, for each way to die.
func TestCoreSaysWhatTheTracebackSaid(t *testing.T) {
	for _, v := range tracee.Sample(tracee.Default, tracee.Stripped, tracee.PIEStripped, tracee.Cgo) {
		t.Run(v.Toolchain+"/"+string(v.Mode), func(t *testing.T) {
			t.Parallel()
			exe := tracee.Build(t, v.Toolchain, v.Mode)
			for _, death := range deaths {
				if death == "deadlock" && v.Mode == tracee.Cgo {
					continue // threads of C may wake anybody: the runtime does not look
				}
				t.Run(death, func(t *testing.T) {
					d := dumpCore(t, exe, "park 3;"+death)
					want, err := crash.Parse(bytes.NewReader(d.stderr))
					if err != nil {
						t.Fatalf("%v in %s", err, d.stderr)
					}
					got := d.examine(t, CoreOptions{Raw: true, All: true})
					compareReports(t, got, want)
					if t.Failed() {
						var b bytes.Buffer
						_ = WriteTraceback(&b, got.Headline, got.Report)
						t.Logf("problems %q\nfrom the core:\n%.3000s\nfrom the program:\n%.3000s", got.Details.Problems, b.Bytes(), d.stderr)
					}
				})
			}
		})
	}
}

func compareReports(t *testing.T, a *Autopsy, want *crash.Report) {
	t.Helper()
	got := a.Report
	if got.Kind != want.Kind || got.Class != want.Class {
		t.Errorf("kind %s, class %s; the traceback says %s, %s", got.Kind, got.Class, want.Kind, want.Class)
	}
	if got.Message != want.Message || got.HasMessage != want.HasMessage {
		t.Errorf("message %q; the traceback says %q", got.Message, want.Message)
	}
	if !slices.Equal(got.Panics, want.Panics) {
		t.Errorf("panics %+v; the traceback says %+v", got.Panics, want.Panics)
	}
	if got.Signal.Name != want.Signal.Name || got.Signal.PC != want.Signal.PC || got.Signal.Code != want.Signal.Code || want.Signal.Addr != "" && got.Signal.Addr != want.Signal.Addr {
		t.Errorf("signal %+v; the traceback says %+v", got.Signal, want.Signal)
	}
	if got.Fingerprints.Tolerant != want.Fingerprints.Tolerant {
		t.Errorf("fingerprint %v; the traceback says %v", got.Fingerprints, want.Fingerprints)
	}
	compareFrames(t, "the runtime's stack", got.RuntimeStack, want.RuntimeStack)
	g, w := got.CrashGoroutine(), want.CrashGoroutine()
	if (g == nil) != (w == nil) {
		t.Fatalf("crashing goroutine %v; the traceback says %v", g, w)
	}
	if g != nil {
		if g.ID != w.ID || g.State != w.State {
			t.Errorf("crashing goroutine %d [%s]; the traceback says %d [%s]", g.ID, g.State, w.ID, w.State)
		}
		compareFrames(t, fmt.Sprint("goroutine ", g.ID), g.Frames, w.Frames)
		if g.Elided != w.Elided || g.ElidedAt != w.ElidedAt {
			t.Errorf("%d frames elided at %d; the traceback says %d at %d", g.Elided, g.ElidedAt, w.Elided, w.ElidedAt)
		}
	}
	compareGoroutines(t, got.Goroutines, want.Goroutines)
}

// compareGoroutines compares the goroutines of the program. Those of the runtime
// go on while a traceback is printed.
func compareGoroutines(t *testing.T, got, want []crash.Goroutine) {
	t.Helper()
	byID := make(map[int64]*crash.Goroutine)
	for i := range got {
		byID[got[i].ID] = &got[i]
	}
	seen := 0
	for i := range want {
		w := &want[i]
		if w.ID == 0 { // the scheduler's own, of a thread that had to print, too
			continue
		}
		g := byID[w.ID]
		if g == nil {
			t.Errorf("goroutine %d [%s] is missing", w.ID, w.State)
			continue
		}
		runtimes := w.CreatedBy != nil && strings.HasPrefix(w.CreatedBy.Func, "runtime.")
		if len(w.Frames) == 0 || runtimes && g.State != w.State {
			continue
		}
		seen++
		if !runtimes && g.State != w.State {
			t.Errorf("goroutine %d [%s]; the traceback says [%s]", g.ID, g.State, w.State)
		}
		if (g.CreatedBy == nil) != (w.CreatedBy == nil) || g.CreatedBy != nil && *g.CreatedBy != *w.CreatedBy {
			t.Errorf("goroutine %d created by %+v; the traceback says %+v", g.ID, g.CreatedBy, w.CreatedBy)
		}
		compareFrames(t, fmt.Sprint("goroutine ", g.ID), g.Frames, w.Frames)
	}
	if seen < 4 { // three are parked, one at least is the runtime's
		t.Errorf("%d goroutines were compared", seen)
	}
}

func compareFrames(t *testing.T, of string, got, want []crash.Frame) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%s has %d frames; the traceback has %d", of, len(got), len(want))
	}
	for i := range min(len(got), len(want)) {
		g, w := &got[i], &want[i]
		if g.Func != w.Func || g.File != w.File || g.Line != w.Line || g.Offset != w.Offset || g.Inlined != w.Inlined {
			t.Errorf("frame %d of %s: %s %s:%d +%#x; the traceback says %s %s:%d +%#x", i, of, g.Func, g.File, g.Line, g.Offset, w.Func, w.File, w.Line, w.Offset)
			return
		}
	}
}
