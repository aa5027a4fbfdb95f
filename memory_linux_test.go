package backstop_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/backstop-go/backstop/internal/crashtest"
)

// privateDirty is how many bytes of memory a process has for itself alone.
func privateDirty(t *testing.T, pid int) (bytes int) {
	t.Helper()
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
	if err != nil {
		crashtest.Skip(t, "no smaps_rollup: %v", err)
	}
	_, rest, _ := strings.Cut(string(data), "Private_Dirty:")
	if _, err := fmt.Sscan(rest, &bytes); err != nil {
		t.Fatalf("%v in\n%s", err, data)
	}
	return bytes << 10
}

// TestMonitorMemory looks how much memory a monitor has for itself: 2 MB are
// promised, and what is above 3 MB is no noise.
func TestMonitorMemory(t *testing.T) {
	if crashtest.RaceEnabled {
		t.Skip("the race detector has memory of its own")
	}
	// Pages of an executable count as dirty until they are on disk.
	exe, err := os.Open("/proc/self/exe")
	check(err)
	defer exe.Close()
	check(exe.Sync())
	c := crashtest.NewCollector(t)
	p := obeying(t, crashtest.SpoolDir(t), c.URL, nil)
	crashtest.Eventually(t, "hello", func() bool { return len(c.Hellos()) == 1 })
	crashtest.Eventually(t, "the monitor is idle", func() bool { return sleeping(p.monitor) })
	t.Logf("after hello: %d kB", privateDirty(t, p.monitor)>>10)
	for n := 1; n <= 100; n++ {
		p.do("recover")
		crashtest.Eventually(t, "the event", func() bool { return len(c.Events()) == n })
	}
	crashtest.Eventually(t, "the monitor is idle", func() bool { return sleeping(p.monitor) })
	n := privateDirty(t, p.monitor)
	t.Logf("after 100 events: %d kB", n>>10)
	if n > 3<<20 {
		t.Errorf("the monitor has %d kB for itself", n>>10)
	}
}

// sleeping reports whether no thread of a process runs.
func sleeping(pid int) bool {
	tasks, err := os.ReadDir(fmt.Sprintf("/proc/%d/task", pid))
	if err != nil {
		return false
	}
	for _, task := range tasks {
		data, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%s/stat", pid, task.Name()))
		if _, rest, _ := strings.Cut(string(data), ") "); err == nil && !strings.HasPrefix(rest, "S") {
			return false
		}
	}
	return true
}
