package bpf

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"

	"github.com/cilium/ebpf"
)

// ErrClosed is what a closed Tracer returns.
var ErrClosed = errors.New("the tracer is closed")

// An attachment is the probes of one executable.
type attachment struct {
	links []io.Closer
	wire  *wireExecutable
}

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
	id, err := t.next()
	if err != nil {
		return 0, fmt.Errorf("attach to %s: %w", target.Path, err)
	}
	// Not by the path: another file may stand there by now.
	a, err := t.link("/proc/self/fd/"+strconv.FormatUint(uint64(file.Fd()), 10), id, &target)
	if err != nil {
		return 0, fmt.Errorf("put probes on %s: %w", target.Path, err)
	}
	// The kernel puts them there one after the other. Until the programs know the
	// executable, they do nothing, so that all begin at once; see close.
	a.wire = w
	if err := errors.Join(t.note(id, w, false), t.note(id, w, true)); err != nil {
		return 0, errors.Join(fmt.Errorf("note the layout of %s: %w", target.Path, err), a.close())
	}
	t.exes[id] = a
	t.slots[id%maxExes] = true
	return id, nil
}

// next is the next number whose place in the map of executables is free.
func (t *Tracer) next() (uint32, error) {
	if len(t.slots) == maxExes {
		return 0, fmt.Errorf("%d executables are attached to, as many as there may be", maxExes)
	}
	for t.last++; t.last == 0 || t.slots[t.last%maxExes]; t.last++ {
	}
	return t.last, nil
}

// note tells the programs of an executable. They read what is being written: it is
// all there before its number is, and still there when the number has gone.
func (t *Tracer) note(id uint32, w *wireExecutable, known bool) error {
	w.ID = 0
	if known {
		w.ID = id
	}
	return t.maps.Maps["executables"].Put(id%maxExes, w)
}

// loadSingle loads the program once more, for perf events, over the same maps.
func (t *Tracer) loadSingle() error {
	if t.single != nil {
		return nil
	}
	if t.spec.Programs[programName].AttachType == ebpf.AttachNone { // as it was loaded
		var err error
		t.single, err = t.maps.Programs[programName].Clone()
		return err
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
	return t.end(exe, a)
}

// end lets the programs forget an executable, so that all probes end at once, and
// takes them away.
func (t *Tracer) end(exe uint32, a *attachment) error {
	delete(t.exes, exe)
	err := errors.Join(t.note(exe, a.wire, false), a.close())
	delete(t.slots, exe%maxExes)
	return err
}
