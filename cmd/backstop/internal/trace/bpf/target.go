package bpf

import (
	"errors"
	"fmt"
	"io"

	"github.com/backstop-go/backstop/internal/gobin/layout"
)

// A Range is of addresses in a file, end excluded.
type Range struct{ Start, End uint64 }

// A Site is an instruction to put a probe on. Package probe finds them.
type Site struct {
	Kind   Kind
	Addr   uint64 // in the file's address space
	Offset uint64 // in the file
}

// A Target is an executable to attach to. Package probe makes one of what it
// found.
type Target struct {
	// Path is of the executable; /proc/PID/exe will do.
	Path string
	// PID limits the probes to one process; 0 is all that run the file, now or
	// later.
	PID    int
	Sites  []Site
	Layout *layout.Layout
	// RecoverFlag is what the zero flag is, at the site of gorecover, when recover
	// works; RecoverFrame is how far the return address is above the stack pointer.
	RecoverFlag  bool
	RecoverFrame uint64
	// Ignore is code whose ineffective recovers are no news: two ranges at most.
	Ignore []Range
	// Freeze stops the process when it dies of a panic, a fatal error or a signal,
	// before it prints.
	Freeze bool
	// NoStacks leaves stacks out of records.
	NoStacks bool
	// Verify compares the sites with the file; nil does not.
	Verify func(io.ReaderAt) error
}

// A wireExecutable is struct executable of wire.h.
type wireExecutable struct {
	Address      [maxSites]uint64
	Ignore       [2]Range
	Flags        uint32
	TGID         uint32
	RecoverFlag  uint32
	RecoverFrame uint32
	GSize        uint32
	ID           uint32 // 0 while the programs shall do nothing
	G            wireG
	MCurG        uint16
	P            wirePanic
	_            [3]uint16
}

type wireG struct {
	StackHi, Panic, M, SchedSP, SchedPC, SchedBP       uint16
	Goid, ParentGoid, GoPC, Labels, SigCode0, SigCode1 uint16
}

type wirePanic struct{ Arg, Link, SP, RetPC uint16 }

const (
	maxExes   = 4096 // EXECUTABLES of wire.h
	maxSites  = 16   // SITES
	maxStruct = 512  // STRUCT_SIZE
	maxPanic  = 104  // STRUCT_PANIC
	typeKind  = 23   // TYPE_KIND

	exeFreeze   = 1
	exeNoStacks = 2
	exeSigCode  = 4
	exeLabelMap = 8
)

// wire is what the programs need to know of the target.
func (t *Target) wire() (*wireExecutable, error) {
	if len(t.Sites) == 0 || len(t.Sites) > maxSites || len(t.Ignore) > 2 || t.Layout == nil || t.PID < 0 {
		return nil, fmt.Errorf("%d sites, %d ranges to ignore, process %d: not a target", len(t.Sites), len(t.Ignore), t.PID)
	}
	w := &wireExecutable{TGID: uint32(t.PID), RecoverFrame: uint32(t.RecoverFrame)}
	for i, s := range t.Sites {
		if s.Kind < Panic || s.Kind > OSExit {
			return nil, fmt.Errorf("no probe is of kind %d", s.Kind)
		}
		w.Address[i] = s.Addr
	}
	copy(w.Ignore[:], t.Ignore)
	l := t.Layout
	for _, f := range []struct {
		to       *uint16
		from     layout.Offset
		name     string
		optional bool
	}{
		{&w.G.StackHi, l.G.StackHi, "g.stack.hi", false},
		{&w.G.Panic, l.G.Panic, "g._panic", false},
		{&w.G.M, l.G.M, "g.m", false},
		{&w.G.SchedSP, l.G.SchedSP, "g.sched.sp", false},
		{&w.G.SchedPC, l.G.SchedPC, "g.sched.pc", false},
		{&w.G.SchedBP, l.G.SchedBP, "g.sched.bp", false},
		{&w.G.Goid, l.G.Goid, "g.goid", false},
		{&w.G.ParentGoid, l.G.ParentGoid, "g.parentGoid", true},
		{&w.G.GoPC, l.G.GoPC, "g.gopc", false},
		{&w.G.Labels, l.G.Labels, "g.labels", false},
		{&w.G.SigCode0, l.G.SigCode0, "g.sigcode0", false},
		{&w.G.SigCode1, l.G.SigCode1, "g.sigcode1", false},
	} {
		if !f.from.Has() && f.optional {
			continue
		}
		if f.from < 0 || f.from%8 != 0 || f.from+8 > maxStruct {
			return nil, fmt.Errorf("%s at offset %d is not where it can be read", f.name, f.from)
		}
		*f.to = uint16(f.from)
		w.GSize = max(w.GSize, uint32(f.from)+8)
	}
	if l.Type.SizeOf != 0 || l.Type.Kind != typeKind {
		return nil, errors.New("types are not described as the programs read them")
	}
	if !l.M.CurG.Has() || l.M.CurG > 1<<15 {
		return nil, fmt.Errorf("m.curg at offset %d is not where it can be read", l.M.CurG)
	}
	w.MCurG = uint16(l.M.CurG)
	if err := w.P.fill(l.Panic); err != nil {
		return nil, err
	}
	if !l.Panic.RetPC.Has() {
		w.Flags |= exeSigCode
	}
	if l.Labels == layout.LabelMap {
		w.Flags |= exeLabelMap
	}
	if t.Freeze {
		w.Flags |= exeFreeze
	}
	if t.NoStacks {
		w.Flags |= exeNoStacks
	}
	if t.RecoverFlag {
		w.RecoverFlag = 1
	}
	return w, nil
}

func (w *wirePanic) fill(l layout.Panic) error {
	for _, f := range []struct {
		to   *uint16
		from layout.Offset
	}{{&w.Arg, l.Arg}, {&w.Link, l.Link}, {&w.SP, l.SP}, {&w.RetPC, l.RetPC}} {
		if !f.from.Has() {
			continue // retpc before Go 1.22
		}
		if f.from%8 != 0 || f.from+8 > maxPanic {
			return fmt.Errorf("a field of _panic at offset %d is not where it can be read", f.from)
		}
		*f.to = uint16(f.from)
	}
	return nil
}
