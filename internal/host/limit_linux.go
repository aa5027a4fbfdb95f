package host

import (
	"os"
	"strconv"
	"strings"
	"syscall"
)

// unlimited is what no machine has: version 1 writes a number just above it for
// "no limit" (mm/page_counter.c, PAGE_COUNTER_MAX).
const unlimited = 1 << 62

// MemoryLimit returns the smallest limit that the process' memory has: of its
// cgroup and those above it, as far as they are visible, and of its resource
// limits RLIMIT_AS and RLIMIT_DATA. It is not ok when there is none. Of
// RLIMIT_AS it counts what is left: a Go program reserves more than 1 GB of
// addresses before it uses any.
func MemoryLimit() (bytes uint64, ok bool) {
	bytes, _ = CgroupMemory(os.Getpid()) // unlimited where there is none
	for _, resource := range [...]int{syscall.RLIMIT_AS, syscall.RLIMIT_DATA} {
		var l syscall.Rlimit
		if syscall.Getrlimit(resource, &l) != nil {
			continue
		}
		if resource == syscall.RLIMIT_AS && l.Cur < unlimited {
			l.Cur -= min(l.Cur, addresses())
		}
		bytes = min(bytes, l.Cur)
	}
	return bytes, bytes < unlimited
}

// CgroupMemory returns the smallest limit of memory that the cgroup of a process
// has, or one above it, as far as they are visible. It is not ok when there is
// none.
func CgroupMemory(pid int) (bytes uint64, ok bool) {
	bytes = unlimited
	for _, f := range memoryFiles(pid, "memory.limit_in_bytes", "memory.max") {
		bytes = min(bytes, readLimit(f))
	}
	return bytes, bytes < unlimited
}

// addresses is how many bytes of address space the process has taken
// (proc_pid_statm(5)).
func addresses() uint64 {
	data, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0
	}
	size, _, _ := strings.Cut(string(data), " ")
	pages, err := strconv.ParseUint(size, 10, 64)
	if err != nil {
		return 0
	}
	return pages * uint64(os.Getpagesize())
}

// readLimit reads a file that has a number of bytes, or the word "max".
func readLimit(file string) uint64 {
	data, err := os.ReadFile(file)
	if err != nil {
		return unlimited
	}
	n, err := strconv.ParseUint(strings.TrimSpace(string(data)), 10, 64)
	if err != nil {
		return unlimited
	}
	return n
}
