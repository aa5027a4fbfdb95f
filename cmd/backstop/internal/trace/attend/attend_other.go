//go:build !linux || !amd64

package attend

import "github.com/backstop-go/backstop/cmd/backstop/internal/goproc/ptrace"

// Attended is a process that is attended.
type Attended struct{ Threads int }

// Attend is not there on this system.
func Attend(pid int, _ Options) (*Attended, error) {
	return nil, &ptrace.Refusal{PID: pid, Reason: "processes are attended on linux/amd64 only"}
}

// Leave does nothing here.
func (a *Attended) Leave() {}
