//go:build !linux

package host

import (
	"errors"

	"github.com/backstop-go/backstop/cmd/backstop/internal/trace/bpf"
)

// A Guardian lets go on what was stopped; outside Linux there is none.
type Guardian struct{}

// StartGuardian returns an error: nothing is stopped outside Linux.
func StartGuardian(...*bpf.Stopped) (*Guardian, error) {
	return nil, errors.New("guardians exist on Linux only")
}

// Done is nil.
func (*Guardian) Done() <-chan struct{} { return nil }

// Close does nothing.
func (*Guardian) Close() error { return nil }

// Guard does nothing.
func Guard() {}
