//go:build unix

package inflight

import (
	"os"
	"testing"
)

// TestBorn: a reader learns which process wrote the table, and nothing of it
// stays for the next one.
func TestBorn(t *testing.T) {
	f, path, err := Create()
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, start := range []uint64{4711, 0} {
		table, err := Open(path)
		if err != nil {
			t.Fatal(err)
		}
		if start != 0 {
			table.Born(start)
		}
		if snap, err := Read(f); err != nil || snap.PID != os.Getpid() || snap.Start != start {
			t.Errorf("%v, process %d started at %d, want %d at %d", err, snap.PID, snap.Start, os.Getpid(), start)
		}
	}
}
