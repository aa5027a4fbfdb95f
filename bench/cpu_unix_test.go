//go:build unix

package bench

import (
	"syscall"
	"time"
)

// cpu is the processor time this process has used. The machines that run
// benchmarks are shared: their clocks tell what the neighbours do.
func cpu() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
