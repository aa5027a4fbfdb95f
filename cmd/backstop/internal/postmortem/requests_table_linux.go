package postmortem

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/backstop-go/backstop/internal/inflight"
)

// maxFiles bounds how many open files of a process are looked at for the table.
const maxFiles = 1 << 16

// addTable adds the requests of the table that the SDK keeps, where the program
// uses it.
func (t *taken) addTable(pid int, start uint64) {
	all, ok := readTable(pid)
	if !ok || all.PID != pid || all.Start != 0 && start != 0 && all.Start != start {
		return
	}
	for i := range all.Entries {
		e := &all.Entries[i]
		t.table = append(t.table, Request{
			Goroutine: e.GoroutineID, Method: e.Request.Method, URL: e.Request.URL, Route: e.Request.Route,
			TraceID: e.Request.TraceID, RequestID: e.Request.RequestID, StartedAt: e.StartedAt, Via: ViaSDK,
		})
	}
	t.more += int(min(all.Overflow, 1<<20))
}

// readTable finds the table of a process among its open files: memory without a
// name, or a file where that was not to be had (internal/inflight, create).
func readTable(pid int) (all inflight.Snapshot, ok bool) {
	dir := fmt.Sprintf("/proc/%d/fd", pid)
	d, err := os.Open(dir)
	if err != nil {
		return all, false
	}
	names, _ := d.Readdirnames(maxFiles) // as many as there are
	d.Close()                            //nolint:errcheck // it was only read
	for _, name := range names {
		link, err := os.Readlink(filepath.Join(dir, name))
		if err != nil || !strings.Contains(link, "backstop-requests") {
			continue
		}
		f, err := os.Open(filepath.Join(dir, name))
		if err != nil {
			continue
		}
		all, err = inflight.Read(f)
		f.Close() //nolint:errcheck // it was only read
		if err == nil && all.PID == pid {
			return all, true
		}
	}
	return all, false
}
