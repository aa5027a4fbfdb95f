//go:build !linux

package host

// MemoryLimit knows no limits on this system.
func MemoryLimit() (bytes uint64, ok bool) { return 0, false }

// CgroupMemory is of Linux.
func CgroupMemory(int) (bytes uint64, ok bool) { return 0, false }
