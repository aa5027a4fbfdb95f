//go:build !linux

package labrun

import (
	"runtime"

	"github.com/backstop-go/backstop/lab/bounded"
	"github.com/backstop-go/backstop/lab/scenario"
)

// check: the lab's programs are told for Linux.
func (l *Lab) check(scenario.Scenario) error {
	return cannot("the lab runs programs on Linux only, and this is %s", runtime.GOOS)
}

func roomIn(string) error { return nil }

type cage struct{}

func enter(scenario.Limits, *bounded.Spec, string) (*cage, error) { return new(cage), nil }

func (*cage) oomKilled() bool { return false }
func (*cage) remove() error   { return nil }
