//go:build !linux

package bpf

import "github.com/cilium/ebpf"

// link attaches nothing: there are such probes on Linux only.
func (*Tracer) link(string, uint32, *Target) (*attachment, error) {
	return nil, ebpf.ErrNotSupported
}
