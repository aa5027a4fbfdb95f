package bpf

import (
	"bytes"
	_ "embed" // of the object
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"sync/atomic"
	"time"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/btf"
	"github.com/cilium/ebpf/ringbuf"
	"github.com/cilium/ebpf/rlimit"
)

//go:embed host_bpfel.o
var hostObject []byte

// HostOptions say which programs to stop when they start. The zero value stops
// none.
type HostOptions struct {
	// CatchNames are file names of executables, without directories; one that ends
	// in * stands for all that begin so. 63 bytes of a name count.
	CatchNames []string
	// CatchCgroups are inode numbers of cgroups of version 2; what is below them
	// belongs to them, as far as it is within 16 directories of the root.
	CatchCgroups []uint64
	// Ready, when it is set, is called before anything can be stopped, with the map
	// of what will be. Its error is that of OpenHost.
	Ready func(*Stopped) error
}

// Host are the programs that see what happens to processes: Exec, Exit, Signal and
// OOM. [Host.Read] returns one record after the other.
type Host struct {
	maps    *ebpf.Collection
	links   []io.Closer
	reader  *ringbuf.Reader
	partial []error
	closed  atomic.Bool
}

// hostPrograms are the programs of the object, and their tracepoints.
var hostPrograms = [...]struct{ program, tracepoint, loses string }{
	{"on_exec", "sched_process_exec", "processes that start"},
	{"on_exit", "sched_process_exit", "how processes end"},
	{"on_signal", "signal_generate", "who sends signals"},
	{"on_victim", "mark_victim", "what the kernel kills for want of memory"},
}

// OpenHost loads the programs and attaches them. It needs CAP_BPF, CAP_PERFMON
// and the type information of the kernel (BTF).
func OpenHost(o HostOptions) (_ *Host, err error) {
	spec, err := ebpf.LoadCollectionSpecFromReader(bytes.NewReader(hostObject))
	if err != nil {
		return nil, fmt.Errorf("read programs for processes: %w", err)
	}
	if err := configureHost(spec, o); err != nil {
		return nil, err
	}
	// Before Linux 5.11 maps count as locked memory.
	_ = rlimit.RemoveMemlock() // where that is needed and refused, loading says so
	h := &Host{}
	if h.maps, err = ebpf.NewCollection(spec); err != nil {
		return nil, denied("load programs for processes", err)
	}
	defer func() {
		if err != nil {
			_ = h.Close()
		}
	}()
	if h.reader, err = ringbuf.NewReader(h.maps.Maps["records"]); err != nil {
		return nil, fmt.Errorf("map records of processes: %w", err)
	}
	if err := h.fill(o); err != nil {
		return nil, err
	}
	if o.Ready != nil {
		if err := o.Ready(h.Stopped()); err != nil {
			return nil, err
		}
	}
	for _, p := range hostPrograms {
		l, err := attachTracepoint(p.tracepoint, h.maps.Programs[p.program])
		if err != nil {
			h.partial = append(h.partial, fmt.Errorf("attach to tracepoint %s (%s): %w", p.tracepoint, p.loses, err))
			continue
		}
		h.links = append(h.links, l)
	}
	if len(h.links) == 0 {
		return nil, errors.Join(h.partial...)
	}
	return h, nil
}

// configureHost sets what the programs have as constants.
func configureHost(spec *ebpf.CollectionSpec, o HostOptions) error {
	kernel, err := btf.LoadKernelSpec()
	if err != nil {
		return fmt.Errorf("read the kernel's type information: %w", err)
	}
	task, err := victimIsTask(kernel)
	if err != nil {
		task = true // no such tracepoint: attaching to it will say so
	}
	var catch, cgroups uint32
	if len(o.CatchNames)+len(o.CatchCgroups) > 0 {
		catch = 1
	}
	if len(o.CatchCgroups) > 0 {
		cgroups = 1
	}
	number := map[bool]uint32{true: 1}[task]
	for name, value := range map[string]uint32{"victim_is_task": number, "catch_first": catch, "catch_cgroups": cgroups} {
		if err := spec.Variables[name].Set(value); err != nil {
			return fmt.Errorf("set %s in programs for processes: %w", name, err)
		}
	}
	return nil
}

// victimIsTask finds out what mark_victim passes: a pid, and a task since Linux
// 6.10. The type of its handlers says so.
func victimIsTask(kernel *btf.Spec) (bool, error) {
	var handler *btf.Typedef
	if err := kernel.TypeByName("btf_trace_mark_victim", &handler); err != nil {
		return false, err
	}
	pointer, ok := handler.Type.(*btf.Pointer)
	if !ok {
		return false, errors.New("mark_victim has no handlers")
	}
	proto, ok := pointer.Target.(*btf.FuncProto)
	if !ok || len(proto.Params) < 2 {
		return false, errors.New("handlers of mark_victim have no arguments")
	}
	_, ok = btf.UnderlyingType(proto.Params[1].Type).(*btf.Pointer)
	return ok, nil
}

const hostName = 64 // NAME in host.bpf.c

// fill tells the programs what to stop.
func (h *Host) fill(o HostOptions) error {
	for _, name := range o.CatchNames {
		beginning, more := bytes.CutSuffix([]byte(name), []byte("*"))
		if !more {
			beginning = append(beginning, 0)
		}
		if len(beginning) > hostName-1 {
			beginning = beginning[:hostName-1]
		}
		if len(beginning) == 0 {
			return errors.New("every program would be stopped when it starts")
		}
		key := struct {
			Bits uint32
			Text [hostName]byte
		}{Bits: uint32(len(beginning) * 8)}
		copy(key.Text[:], beginning)
		if err := h.maps.Maps["names"].Put(key, uint8(1)); err != nil {
			return fmt.Errorf("note %q as a program to stop: %w", name, err)
		}
	}
	for _, id := range o.CatchCgroups {
		if err := h.maps.Maps["cgroups"].Put(id, uint8(1)); err != nil {
			return fmt.Errorf("note cgroup %d as one to stop: %w", id, err)
		}
	}
	return nil
}

// Partial is what could not be attached to, nil when all is.
func (h *Host) Partial() error { return errors.Join(h.partial...) }

// Watch has signals to a process and its end recorded. Those of processes with a
// new program are, until [Host.Ignore].
func (h *Host) Watch(pid uint32) error {
	if err := h.maps.Maps["processes"].Put(pid, uint32(1)); err != nil {
		return fmt.Errorf("watch process %d: %w", pid, err)
	}
	return nil
}

// Ignore ends what Watch began.
func (h *Host) Ignore(pid uint32) error {
	if err := h.maps.Maps["processes"].Delete(pid); err != nil && !errors.Is(err, ebpf.ErrKeyNotExist) {
		return fmt.Errorf("no longer watch process %d: %w", pid, err)
	}
	return nil
}

// Stopped is the map of processes that were stopped when they started.
func (h *Host) Stopped() *Stopped { return NewStopped(h.maps.Maps["stopped"]) }

// Lost is how many records found no room, by kind; under kind 0, processes too
// many to be watched.
func (h *Host) Lost() map[Kind]uint64 {
	lost := make(map[Kind]uint64)
	for kind := range Kind(16) {
		var n uint64
		if h.maps.Maps["lost"].Lookup(uint32(kind), &n) == nil && n > 0 {
			lost[kind] = n
		}
	}
	return lost
}

// Detach ends what the programs do; what they wrote can still be read.
func (h *Host) Detach() error {
	var errs []error
	for _, l := range h.links {
		errs = append(errs, l.Close())
	}
	h.links = nil
	return errors.Join(errs...)
}

// Close detaches the programs and frees what they have. A Read that waits returns
// os.ErrClosed.
func (h *Host) Close() error {
	if h.closed.Swap(true) {
		return nil
	}
	errs := []error{h.Detach()}
	if h.reader != nil {
		errs = append(errs, h.reader.Close())
	}
	if h.maps != nil {
		h.maps.Close()
	}
	return errors.Join(errs...)
}

// Read waits for the next record. After Close it returns an error that is
// os.ErrClosed.
func (h *Host) Read() (Record, error) {
	raw, err := h.reader.Read()
	if err != nil {
		if h.closed.Load() {
			err = os.ErrClosed
		}
		return Record{}, fmt.Errorf("read a record of processes: %w", err)
	}
	return parseHost(raw.RawSample)
}

// hostRecord is struct record of host.bpf.c.
type hostRecord struct {
	Time           uint64
	Code           int64
	Kind           uint32
	PID, TID       uint32
	Peer, PeerUID  uint32
	SigCode        int32
	Flags          uint32
	_              uint32
	Comm, PeerComm [16]byte
}

const hostStopped = 1 // STOPPED in host.bpf.c

func parseHost(sample []byte) (Record, error) {
	var r hostRecord
	if _, err := binary.Decode(sample, binary.NativeEndian, &r); err != nil {
		return Record{}, fmt.Errorf("a record of %d bytes: %w", len(sample), err)
	}
	record := Record{
		Kind: Kind(r.Kind), Time: time.Duration(r.Time), PID: r.PID, TID: r.TID, Comm: cString(r.Comm[:]),
		Code: r.Code, Peer: r.Peer, PeerUID: r.PeerUID, PeerComm: cString(r.PeerComm[:]), SigCode: r.SigCode,
		Stopped: r.Flags&hostStopped != 0,
	}
	if record.Kind == Signal && r.SigCode > 0 {
		record.Peer = 0 // the kernel; PeerComm is who ran when it did
	}
	return record, nil
}

// cString is what stands before the first 0.
func cString(b []byte) string {
	if i := bytes.IndexByte(b, 0); i >= 0 {
		b = b[:i]
	}
	return string(b)
}
