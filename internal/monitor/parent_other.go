//go:build !unix || aix || !go1.23

package monitor

import (
	"context"
	"os"
)

// A Monitor does not exist on this system.
type Monitor struct{}

// Start returns ErrUnsupported.
func Start(*Config, *os.File) (*Monitor, error) { return nil, ErrUnsupported }

// Nudge does nothing.
func (*Monitor) Nudge() error { return ErrGone }

// Close does nothing.
func (*Monitor) Close() error { return nil }

// Wait returns at once.
func (*Monitor) Wait(context.Context) error { return nil }

// Run is never reached: nobody starts a child here.
func Run(*Config) int { return 1 }
