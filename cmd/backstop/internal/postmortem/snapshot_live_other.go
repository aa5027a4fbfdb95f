//go:build !linux || !amd64

package postmortem

import (
	"context"
	"time"

	"github.com/backstop-go/backstop/cmd/backstop/internal/goproc/ptrace"
)

// Take is not there on this system.
func Take(ctx context.Context, pid int, _ Options) (*Snapshot, error) {
	_, err := ptrace.Stop(ctx, pid)
	return nil, err
}

// TakeStopped is not there on this system.
func TakeStopped(pid, _ int, _ time.Time, _ []ptrace.Thread, o Options) (*Snapshot, error) {
	return Take(context.Background(), pid, o)
}
