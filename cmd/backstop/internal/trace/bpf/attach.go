package bpf

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/features"
	"github.com/cilium/ebpf/link"
)

// ErrClosed is what a closed Tracer returns.
var ErrClosed = errors.New("the tracer is closed")

// An attachment is the probes of one executable.
type attachment struct{ links []io.Closer }

func (a *attachment) close() error {
	var errs []error
	for _, l := range a.links {
		errs = append(errs, l.Close())
	}
	return errors.Join(errs...)
}

// Attach puts probes on an executable, on all sites or none, and returns the
// number that its records have as Exe. The sites are compared with the file right
// before.
func (t *Tracer) Attach(target Target) (exe uint32, err error) {
	w, err := target.wire()
	if err != nil {
		return 0, fmt.Errorf("attach to %s: %w", target.Path, err)
	}
	file, err := os.Open(target.Path)
	if err != nil {
		return 0, fmt.Errorf("attach: %w", err) // it names the path
	}
	defer file.Close() //nolint:errcheck // it was read only
	if target.Verify != nil {
		if err := target.Verify(file); err != nil {
			return 0, fmt.Errorf("attach to %s: %w", target.Path, err)
		}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		return 0, ErrClosed
	}
	t.last++
	id := t.last
	// Not by the path: another file may stand there by now.
	a, err := t.link("/proc/self/fd/"+strconv.FormatUint(uint64(file.Fd()), 10), id, &target)
	if err != nil {
		return 0, fmt.Errorf("put probes on %s: %w", target.Path, err)
	}
	// Probes come and go one by one, and do nothing without this: so a recovery is
	// not seen whose panic was not, but of those in flight.
	if err := t.maps.Maps["executables"].Put(id, w); err != nil {
		return 0, errors.Join(fmt.Errorf("note the layout of %s: %w", target.Path, err), a.close())
	}
	t.exes[id] = a
	return id, nil
}

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
			return &attachment{[]io.Closer{l}}, nil
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

// loadSingle loads the program once more, for perf events, over the same maps.
func (t *Tracer) loadSingle() error {
	if t.single != nil {
		return nil
	}
	spec := t.spec.Copy()
	spec.Programs[programName].AttachType = ebpf.AttachNone
	c, err := ebpf.NewCollectionWithOptions(spec, ebpf.CollectionOptions{MapReplacements: t.maps.Maps})
	if err != nil {
		return fmt.Errorf("load the program for single probes: %w", err)
	}
	t.single = c.DetachProgram(programName)
	c.Close()
	return nil
}

// Detach takes the probes of an executable away. What they have counted stays.
func (t *Tracer) Detach(exe uint32) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	a, ok := t.exes[exe]
	if !ok {
		return fmt.Errorf("detach: executable %d is not attached to", exe)
	}
	delete(t.exes, exe)
	return errors.Join(t.maps.Maps["executables"].Delete(exe), a.close())
}
