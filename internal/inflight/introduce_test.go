//go:build unix

package inflight

import (
	"os"
	"strings"
	"testing"

	"github.com/backstop-go/backstop/event"
)

// TestIntroduce: a reader learns which process wrote the table and what it calls
// itself, and nothing of it stays for the next one.
func TestIntroduce(t *testing.T) {
	f, path, err := Create()
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	check := func(what string, pid int, start uint64, names Names) {
		t.Helper()
		if snap := mustRead(t, f); snap.PID != pid || snap.Start != start || snap.Names != names {
			t.Errorf("%s: process %d started at %d, %q; want %d at %d, %q", what, snap.PID, snap.Start, snap.Names, pid, start, names)
		}
	}
	open := func() *Table {
		t.Helper()
		table, err := Open(path)
		if err != nil {
			t.Fatal(err)
		}
		return table
	}
	check("before", 0, 0, Names{})
	long := strings.Repeat("€", maxName)
	open().Introduce(&event.Evidence{
		Service: "checkout", Release: "1.2", Environment: "a\nb\xff", Instance: long, Process: event.Process{Start: 4711},
	})
	check("introduced", os.Getpid(), 4711, Names{"checkout", "1.2", "a?b?", long[:maxName/3*3]})

	next := open()
	check("the next one", os.Getpid(), 0, Names{})
	next.Introduce(&event.Evidence{Service: "c", Instance: "i"})
	check("which says less", os.Getpid(), 0, Names{Service: "c", Instance: "i"})

	if err := Reset(f); err != nil {
		t.Fatal(err)
	}
	if snap := mustRead(t, f); snap.PID != 0 || snap.Names != (Names{}) {
		t.Errorf("after Reset: process %d, %q", snap.PID, snap.Names)
	}
	if data, busy, err := Dump(f, 1<<20); data != nil || busy != 0 || err != nil {
		t.Errorf("names alone make a dump of %d bytes (%v)", len(data), err)
	}
}
