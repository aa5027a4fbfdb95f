package host

import (
	"fmt"
	"os"
)

// initialPIDs is the pid namespace of the host: its inode is the same on every
// kernel (include/linux/proc_ns.h, PROC_PID_INIT_INO).
const initialPIDs = "pid:[4026531836]"

// A namespaceError is of a process whose numbers are not those of the kernel.
type namespaceError struct{ own string }

func (e *namespaceError) Error() string {
	return fmt.Sprintf("the processes of this pid namespace (%s) have other numbers than the kernel's", e.own)
}

// Hint says what a person can do about it.
func (e *namespaceError) Hint() string {
	return "run it on the host, or in a container with the host's: docker run --pid=host, hostPID: true of a pod; backstop snapshot works here"
}

// CheckNumbers is an error in a pid namespace other than the host's. What the
// programs in the kernel note are numbers of the host's: here, nothing of a process
// would be found under its number, and a stopped process not be let go on.
func CheckNumbers() error { return checkNumbers("/proc/self/ns/pid") }

func checkNumbers(link string) error {
	own, err := os.Readlink(link)
	if err != nil {
		return fmt.Errorf("read the own pid namespace: %w", err)
	}
	if own != initialPIDs {
		return &namespaceError{own}
	}
	return nil
}

// FindInside finds the process that has a number in the pid namespace of another
// one: 0 when there is none to be seen.
func FindInside(pid, number int) int {
	const here = proc("/proc")
	namespace, err := os.Readlink(here.path(pid, "ns/pid"))
	if err != nil {
		return 0
	}
	all, err := here.pids()
	if err != nil {
		return 0
	}
	for _, other := range all {
		if its, err := os.Readlink(here.path(other, "ns/pid")); err != nil || its != namespace {
			continue
		}
		if p, err := here.process(other); err == nil && p.NSPID == number {
			return other
		}
	}
	return 0
}
