//go:build go1.25

package mark_test

import (
	"bytes"
	"log"
	"os"
	"path/filepath"
	"runtime/trace"
	"strings"
	"testing"

	"github.com/backstop-go/backstop"
	"github.com/backstop-go/backstop/internal/crashtest"
	"github.com/backstop-go/backstop/mark"
)

// TestFlightRecorder takes a snapshot with the real recorder, and finds the
// mark of the panic in it.
func TestFlightRecorder(t *testing.T) {
	dir := t.TempDir()
	r := trace.NewFlightRecorder(trace.FlightRecorderConfig{})
	if err := r.Start(); err != nil {
		t.Fatal(err)
	}
	defer r.Stop()
	stop := start(t, mark.Trace(), mark.Snapshots(r, mark.SnapshotOptions{Dir: dir}))
	explodeOnce()
	var list []string
	crashtest.Eventually(t, "a snapshot", func() bool {
		list = names(t, dir)
		return len(list) == 1 && strings.HasSuffix(list[0], ".trace")
	})
	data, err := os.ReadFile(filepath.Join(dir, list[0]))
	if err != nil {
		t.Fatal(err)
	}
	want := "stack_hash=" + stop()[0].StackHash
	for _, word := range []string{"go 1.", mark.Category, want} {
		if !bytes.Contains(data, []byte(word)) {
			t.Errorf("the snapshot lacks %q", word)
		}
	}
}

func ExampleSnapshots() {
	recorder := trace.NewFlightRecorder(trace.FlightRecorderConfig{})
	if err := recorder.Start(); err != nil {
		log.Print(err)
	}
	defer recorder.Stop()
	backstop.OnCrash(mark.Trace())
	backstop.OnCrash(mark.Snapshots(recorder, mark.SnapshotOptions{MaxFiles: 5}))
}
