package crashtest

import (
	"os"
	"path/filepath"
	"strconv"
	"testing"
)

// MemoryCgroup makes a memory cgroup with a limit in bytes, for Options.Cgroup,
// and removes it when the test is over. The test is skipped where none can be
// made.
func MemoryCgroup(tb testing.TB, limit int) (dir string) {
	tb.Helper()
	for _, v := range [...]struct{ root, limit string }{
		{"/sys/fs/cgroup", "memory.max"},
		{"/sys/fs/cgroup/memory", "memory.limit_in_bytes"},
	} {
		dir, err := os.MkdirTemp(v.root, "backstop-test-")
		if err != nil {
			continue
		}
		// Without the memory controller there is no such file, and none can be
		// made.
		f, err := os.OpenFile(filepath.Join(dir, v.limit), os.O_WRONLY, 0)
		if err == nil {
			_, err = f.WriteString(strconv.Itoa(limit))
			f.Close() //nolint:errcheck // the kernel has answered
		}
		if err != nil {
			os.Remove(dir) //nolint:errcheck // it is empty
			continue
		}
		tb.Cleanup(func() {
			// The last member may still be dying.
			Eventually(tb, "the cgroup can be removed", func() bool { return os.Remove(dir) == nil })
		})
		return dir
	}
	Skip(tb, "no memory cgroup can be made: this needs root and a writable cgroup file system")
	return ""
}

// enter puts this process into the cgroup it was told to be in. Its memory so
// far stays with the old one.
func enter() {
	dir := os.Getenv(envCgroup)
	if dir == "" {
		return
	}
	if err := os.WriteFile(filepath.Join(dir, "cgroup.procs"), []byte("0"), 0); err != nil {
		panic("crashtest: " + err.Error())
	}
}
