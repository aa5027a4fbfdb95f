//go:build !linux

package host

import (
	"context"
	"errors"

	"github.com/backstop-go/backstop/cmd/backstop/internal/trace/bpf"
)

// A Watcher finds processes; outside Linux there is none.
type Watcher struct{}

// Watch returns an error: only Linux has what it needs.
func Watch(context.Context, Options) (*Watcher, error) {
	return nil, errors.New("processes are watched on Linux only")
}

// Events is nil.
func (*Watcher) Events() <-chan Event { return nil }

// Target is nil.
func (*Watcher) Target(int) *Target { return nil }

// Refused is 0.
func (*Watcher) Refused() int { return 0 }

// Stopped is nil.
func (*Watcher) Stopped() *bpf.Stopped { return nil }

// Continue does nothing.
func (*Watcher) Continue(*Target) error { return nil }

// Close does nothing.
func (*Watcher) Close() error { return nil }

// Resume does nothing: nothing is stopped.
func Resume(*bpf.Stopped, int) error { return nil }
