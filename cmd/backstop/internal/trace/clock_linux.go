package trace

import (
	"time"

	"golang.org/x/sys/unix"
)

// SinceBoot is the time since the system started, suspension included, as records
// have it (CLOCK_BOOTTIME).
func SinceBoot() time.Duration {
	var t unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_BOOTTIME, &t); err != nil {
		return 0 // there is no kernel without the clock that has eBPF
	}
	return time.Duration(t.Nano())
}
