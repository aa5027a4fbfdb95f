package bpf

import (
	"io"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/link"
)

func attachTracepoint(name string, program *ebpf.Program) (io.Closer, error) {
	return link.AttachRawTracepoint(link.RawTracepointOptions{Name: name, Program: program})
}
