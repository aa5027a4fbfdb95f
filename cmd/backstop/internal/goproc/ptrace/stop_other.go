//go:build !linux || !amd64

package ptrace

import (
	"context"
	"errors"
	"time"
)

// Stop is not there on this system.
func Stop(_ context.Context, pid int) (*Stopped, error) {
	return nil, &Refusal{PID: pid, Reason: "processes are read on linux/amd64 only", Err: errors.ErrUnsupported}
}

// Release does nothing here.
func (s *Stopped) Release() error { return nil }

// Held is 0 here.
func (s *Stopped) Held() time.Duration { return s.held }

// Examine refuses every process here.
func Examine(pid int) error {
	_, err := Stop(context.Background(), pid)
	return err
}

// Refused is what the system said.
func Refused(pid int, err error) error {
	return &Refusal{PID: pid, Reason: "the system refused", Err: err}
}
