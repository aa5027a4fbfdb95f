//go:build !linux

package trace

import (
	"context"
	"errors"
)

// Run fails: there is no eBPF here.
func Run(context.Context, LiveOptions) (*Summary, error) {
	return nil, errors.New("tracing needs Linux on amd64")
}
