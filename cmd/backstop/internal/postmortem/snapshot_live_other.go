//go:build !linux || !amd64

package postmortem

import (
	"context"

	"github.com/backstop-go/backstop/cmd/backstop/internal/goproc/ptrace"
)

// Take is not there on this system.
func Take(ctx context.Context, pid int, _ Options) (*Snapshot, error) {
	_, err := ptrace.Stop(ctx, pid)
	return nil, err
}
