//go:build amd64

package postmortem

import (
	"bytes"
	"errors"
	"io"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/backstop-go/backstop/cmd/backstop/internal/postmortem/corefile"
	"github.com/backstop-go/backstop/cmd/backstop/internal/textview"
	"github.com/backstop-go/backstop/cmd/backstop/internal/tracee"
	"github.com/backstop-go/backstop/crash"
)

// A cutCore is one of which only the beginning is there.
type cutCore struct {
	dump
	file *os.File
	size int64
}

func (d dump) open(t *testing.T) cutCore {
	t.Helper()
	f, err := os.Open(d.core)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	return cutCore{d, f, info.Size()}
}

// examineFirst examines the first bytes. There is no Autopsy of a core that is refused.
func (d cutCore) examineFirst(t *testing.T, size int64) *Autopsy {
	t.Helper()
	file, err := corefile.New(io.NewSectionReader(d.file, 0, size), size)
	var refused *corefile.FormatError
	if errors.As(err, &refused) && refused.Hint() != "" {
		return nil
	}
	if err != nil {
		t.Fatalf("of %d bytes: %v", size, err)
	}
	c, err := newCore(file, d.core, CoreOptions{Executable: d.exe})
	if err != nil {
		t.Fatalf("of %d bytes: %v", size, err)
	}
	defer c.Close() //nolint:errcheck // it was only read
	a, err := c.Examine(t.Context())
	if err != nil {
		t.Fatalf("of %d bytes: %v", size, err)
	}
	return a
}

// cuts are places to cut a core: within its headers and notes, and between pages that
// are not zero, n of them.
func (d cutCore) cuts(t *testing.T, n int) []int64 {
	t.Helper()
	all := []int64{0, 63, 64, 1000, 3000, 5000, 7000, 10_000}
	pages := written(t, d.file, d.size)
	for i := range n {
		all = append(all, pages[len(pages)*i/n])
	}
	return append(all, d.size-1)
}

// TestCoreCutAnywhere: what is left of a core tells what all of it tells, or that the
// cause is missing, and nothing else.
func TestCoreCutAnywhere(t *testing.T) {
	exe := tracee.Build(t, newest, tracee.PIEStripped)
	cores := map[string]dump{"SIGQUIT": dumpSignalled(t, exe, "park 3;sleep 1", syscall.SIGQUIT)}
	for _, death := range []string{"die-index", "die-nested", "die-goroutine", "map-write", "abort"} {
		cores[death] = dumpCore(t, exe, "park 3;"+death)
	}
	missing, told := 0, 0 // how often the cause was
	for death, d := range cores {
		t.Run(death, func(t *testing.T) {
			core := d.open(t)
			whole := core.examineFirst(t, core.size)
			if whole == nil || whole.Details.Cut || whole.Details.CauseMissing || whole.Report.Kind == crash.KindFragment {
				t.Fatalf("of all of it: %+v", whole)
			}
			for _, size := range core.cuts(t, cutsOfEach) {
				a := core.examineFirst(t, size)
				switch {
				case a == nil:
					if size > 3000 { // the registers of the first thread are in front
						t.Errorf("%d bytes are refused", size)
					}
				case a.Details.CauseMissing:
					missing++
					if size == core.size-1 && death != "abort" { // nothing matters there
						t.Error("the last byte tells the cause")
					}
					saysThatItIsMissing(t, size, a)
				default:
					told++
					saysTheSame(t, size, a, whole)
				}
			}
		})
	}
	// Where in the file what matters lies is not the same twice.
	if missing < 3*len(cores) || told < 2*len(cores) {
		t.Errorf("of %d deaths, the cause was missing %d times, and told %d times", len(cores), missing, told)
	}
}

const cutsOfEach = 16

func saysThatItIsMissing(t *testing.T, size int64, a *Autopsy) {
	t.Helper()
	r := a.Report
	if r.Kind != crash.KindFragment || r.Class != "fragment" || r.HasMessage || r.Signal.Name != "" || a.Headline != "" || a.Details.Alive || !a.Details.Cut || !r.Truncated {
		t.Errorf("of %d bytes: kind %s, class %s, message %q, headline %q, details %+v", size, r.Kind, r.Class, r.Message, a.Headline, a.Details)
	}
	var text bytes.Buffer
	if err := WriteCore(&text, a, textview.Options{}); err != nil {
		t.Error(err)
	}
	if !strings.HasPrefix(text.String(), "the core was cut off: why this program ended is not in what is left of it\n") || strings.Contains(text.String(), "at once") {
		t.Errorf("of %d bytes: %s", size, &text)
	}
}

func saysTheSame(t *testing.T, size int64, a, whole *Autopsy) {
	t.Helper()
	r, want := a.Report, whole.Report
	if r.Kind != want.Kind || r.Class != want.Class || r.Message != want.Message || r.Signal.Name != want.Signal.Name || !slices.Equal(r.Panics, want.Panics) || a.Details.Alive {
		t.Errorf("of %d bytes: kind %s, class %s, message %q, signal %s, alive %v; all of it says %s, %s, %q, %s",
			size, r.Kind, r.Class, r.Message, r.Signal.Name, a.Details.Alive, want.Kind, want.Class, want.Message, want.Signal.Name)
	}
	if !a.Details.Cut || len(a.Details.Problems) == 0 || !strings.Contains(a.Details.Problems[0], "cut off") {
		t.Errorf("of %d bytes: cut %v, problems %q", size, a.Details.Cut, a.Details.Problems)
	}
	g, w := r.CrashGoroutine(), want.CrashGoroutine()
	if (g == nil) != (w == nil) || g != nil && g.ID != w.ID {
		t.Errorf("of %d bytes: crashing goroutine %+v; all of it says %+v", size, g, w)
	}
	if !r.Truncated && r.Fingerprints != want.Fingerprints {
		t.Errorf("of %d bytes: fingerprints %+v; all of it says %+v; problems %q", size, r.Fingerprints, want.Fingerprints, a.Details.Problems)
	}
}
