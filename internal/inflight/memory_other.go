//go:build darwin || freebsd || netbsd || openbsd || dragonfly

package inflight

import (
	"errors"
	"os"
	"runtime"
)

func memory() (*os.File, error) {
	return nil, errors.New("no memfd_create on " + runtime.GOOS)
}

func seal(*os.File) {}

func strictOvercommit() bool { return false }
