//go:build !linux

package supervise

import (
	"errors"
	"runtime"
)

func (l Limits) supported() error {
	if l != (Limits{}) {
		return errors.New("resource limits of a child are not supported on " + runtime.GOOS)
	}
	return nil
}

func (l Limits) apply(int) error { return nil }
