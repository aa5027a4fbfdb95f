package bpf

import (
	"errors"
	"io"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/features"
	"github.com/cilium/ebpf/link"
)

// link attaches all sites or none.
func (t *Tracer) link(path string, id uint32, target *Target) (*attachment, error) {
	exe, err := link.OpenExecutable(path)
	if err != nil {
		return nil, err
	}
	offsets, cookies := make([]uint64, len(target.Sites)), make([]uint64, len(target.Sites))
	for i, s := range target.Sites {
		// The programs know what is at the cookie's other end: kind, executable, site.
		offsets[i], cookies[i] = s.Offset, uint64(s.Kind)|uint64(id)<<8|uint64(i)<<40
	}
	if !t.only {
		o := &link.UprobeMultiOptions{Addresses: offsets, Cookies: cookies}
		if target.PID > 0 && linkKnowsProcesses() {
			o.PID = uint32(target.PID)
		}
		l, err := exe.UprobeMulti(nil, t.maps.Programs[programName], o)
		if err == nil {
			return &attachment{links: []io.Closer{l}}, nil
		}
		if !errors.Is(err, ebpf.ErrNotSupported) {
			return nil, err
		}
		t.only = true
	}
	if err := t.loadSingle(); err != nil {
		return nil, err
	}
	a := &attachment{}
	for i := range offsets {
		l, err := exe.Uprobe("", t.single, &link.UprobeOptions{Address: offsets[i], Cookie: cookies[i], PID: target.PID})
		if err != nil {
			return nil, errors.Join(err, a.close())
		}
		a.links = append(a.links, l)
	}
	return a, nil
}

// linkKnowsProcesses says whether a link's PID is a process. Before Linux 6.10 it
// was a thread (commit 46ba0e49b642); the programs compare the process anyway.
func linkKnowsProcesses() bool {
	code, err := features.LinuxVersionCode()
	return err == nil && code >= 6<<16|10<<8
}
