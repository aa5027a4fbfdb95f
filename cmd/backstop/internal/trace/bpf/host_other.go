//go:build !linux

package bpf

import (
	"errors"
	"io"

	"github.com/cilium/ebpf"
)

func attachTracepoint(string, *ebpf.Program) (io.Closer, error) {
	return nil, errors.New("only Linux has raw tracepoints")
}

// OneByOne is false.
func OneByOne() bool { return false }
