package supervise

import (
	"os"
	"syscall"
)

// systemSignals are the signals that only this system has: real-time signals,
// which some programs are controlled with and container images name as their
// stop signal, and that of a power failure. 32 and 33 belong to the C library.
func systemSignals() []os.Signal {
	all := []os.Signal{syscall.SIGPWR}
	for n := syscall.Signal(34); n <= 64; n++ {
		all = append(all, n)
	}
	return all
}
