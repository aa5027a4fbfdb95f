package bpf

import (
	"errors"
	"io"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/features"
	"github.com/cilium/ebpf/link"
)

func attachTracepoint(name string, program *ebpf.Program) (io.Closer, error) {
	return link.AttachRawTracepoint(link.RawTracepointOptions{Name: name, Program: program})
}

// OneByOne reports whether this kernel attaches probes one at a time only, for
// which CAP_SYS_ADMIN is needed: Linux before 6.6. False also stands for a kernel
// that does not let us find out.
func OneByOne() bool { return errors.Is(features.HaveBPFLinkUprobeMulti(), ebpf.ErrNotSupported) }
