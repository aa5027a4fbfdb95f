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
