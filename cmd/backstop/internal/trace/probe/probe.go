// Package probe finds where in an executable the tracer may put its probes, and
// refuses what it cannot verify. Start with [Find].
//
// Only two instructions are probed, because the kernel emulates them (uprobes of
// x86: push_setup_xol_ops, branch_setup_xol_ops in arch/x86/kernel/uprobes.c)
// where it would single-step others, and because the state is whole there: the
// push of the frame pointer behind a function's stack check, which unlike the
// entry is passed once for each call, and the conditional jump that decides
// whether recover works. Everything is found by decoding the code.
package probe

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/backstop-go/backstop/cmd/backstop/internal/trace/bpf"
	"github.com/backstop-go/backstop/internal/gobin"
	"github.com/backstop-go/backstop/internal/gobin/layout"
)

// A Site is one instruction to put a probe on.
type Site struct {
	Kind   bpf.Kind
	Func   string // "runtime.gopanic"
	Addr   uint64 // in the file's address space
	Offset uint64 // in the file
	// Bytes are the instruction and what stands behind it, to compare with the
	// file again before attaching.
	Bytes []byte
	// Fall is what the zero flag is, at the site of gorecover, when recover works.
	Fall bool
	// Frame is how far the return address is above the stack pointer there.
	Frame uint64
}

// Sites are those of one executable.
type Sites struct {
	Sites []Site
	// Absent are functions that the program does not have, because nothing in it
	// calls them: "os.Exit".
	Absent []string
	// Ignore is the code of runtime.preprintpanics, whose own deferred recover
	// finds nothing each time a program dies of a panic.
	Ignore []bpf.Range

	layout *layout.Layout
}

// A RefusedError says which function of an executable cannot be probed, and why.
type RefusedError struct {
	Func string
	Why  string
}

// Error implements error.
func (e *RefusedError) Error() string {
	return fmt.Sprintf("no probe on %s: %s", e.Func, e.Why)
}

// Hint says what a user can do about it.
func (e *RefusedError) Hint() string {
	return "probes are put only where the code is as gc writes it; executables made by garble or an unknown toolchain can be looked at after their death, by `backstop core`"
}

// points lists what is probed. Those that are optional are linked only if the
// program has a call of them.
var points = []struct {
	kind     bpf.Kind
	fn       string
	optional bool
}{
	{bpf.Panic, "runtime.gopanic", false},
	{bpf.Ineffective, "runtime.gorecover", false},
	{bpf.Recover, "runtime.recovery", false},
	{bpf.Fatal, "runtime.throw", false},
	{bpf.Fatal, "runtime.fatal", false},
	{bpf.Uncaught, "runtime.fatalpanic", false},
	{bpf.SignalDeath, "runtime.fatalsignal", false},
	{bpf.Goexit, "runtime.Goexit", true},
	{bpf.OSExit, "os.Exit", true},
}

// Find finds the sites of an executable: all of them or, with a [RefusedError],
// none. The code of gorecover must agree with the layout about _panic.recovered.
func Find(f *gobin.File, l *layout.Layout) (*Sites, error) {
	if f.Format() != "elf" || f.Arch() != "amd64" {
		return nil, fmt.Errorf("probes need an ELF executable for amd64; this is %s for %s", f.Format(), f.Arch())
	}
	if l == nil || !l.Panic.Recovered.Has() {
		return nil, errors.New("find probes: the layout has no _panic.recovered")
	}
	found := &Sites{layout: l}
	for _, p := range points {
		fn, ok, err := function(f, p.fn)
		if err != nil {
			return nil, err
		}
		if !ok {
			if !p.optional {
				return nil, &RefusedError{p.fn, "there is no function of this name"}
			}
			found.Absent = append(found.Absent, p.fn)
			continue
		}
		code, err := f.Code(fn)
		if err != nil {
			return nil, fmt.Errorf("code of %s: %w", p.fn, err)
		}
		var at spot
		var why string
		if p.kind == bpf.Ineffective {
			at, why = recoverJump(code, uint64(l.Panic.Recovered))
		} else {
			at, why = framePush(code)
		}
		if why != "" {
			return nil, &RefusedError{p.fn, why}
		}
		offset, ok := f.Offset(fn.Entry + uint64(at.offset))
		if !ok {
			return nil, &RefusedError{p.fn, "its code stands nowhere in the file"}
		}
		found.Sites = append(found.Sites, Site{
			Kind: p.kind, Func: p.fn, Addr: fn.Entry + uint64(at.offset), Offset: uint64(offset),
			Bytes: at.bytes, Fall: at.fall, Frame: at.frame,
		})
	}
	for _, name := range []string{"runtime.preprintpanics", "runtime.preprintpanics.func1"} {
		fn, ok, err := function(f, name)
		if err != nil {
			return nil, err
		}
		if ok {
			found.Ignore = append(found.Ignore, bpf.Range{Start: fn.Entry, End: fn.End})
		}
	}
	return found, nil
}

// function looks for the one function of a name that has code of its own.
func function(f *gobin.File, name string) (fn gobin.Func, ok bool, err error) {
	all, err := f.Lookup(name)
	if errors.Is(err, gobin.ErrNotFound) {
		return fn, false, nil
	}
	if err != nil {
		return fn, false, fmt.Errorf("look for %s: %w", name, err)
	}
	for _, one := range all {
		if one.Inlined || one.Wrapper || one.Symbol != name {
			continue
		}
		if ok {
			return fn, false, &RefusedError{name, "there are two functions of this name"}
		}
		fn, ok = one, true
	}
	return fn, ok, nil
}

// Verify compares the sites with the bytes of a file once more: right before
// probes are put on it, for it may have been replaced since.
func (s *Sites) Verify(r io.ReaderAt) error {
	for _, site := range s.Sites {
		b := make([]byte, len(site.Bytes))
		if _, err := r.ReadAt(b, int64(site.Offset)); err != nil {
			return fmt.Errorf("read the code of %s again: %w", site.Func, err)
		}
		if !bytes.Equal(b, site.Bytes) {
			return &RefusedError{site.Func, "the file has changed since it was read"}
		}
	}
	return nil
}

// Target is what a [bpf.Tracer] attaches to: the executable at path, which is
// compared with the sites right before.
func (s *Sites) Target(path string) bpf.Target {
	t := bpf.Target{Path: path, Layout: s.layout, Ignore: s.Ignore, Verify: s.Verify}
	for _, site := range s.Sites {
		t.Sites = append(t.Sites, bpf.Site{Kind: site.Kind, Addr: site.Addr, Offset: site.Offset})
		if site.Kind == bpf.Ineffective {
			t.RecoverFlag, t.RecoverFrame = site.Fall, site.Frame
		}
	}
	return t
}
