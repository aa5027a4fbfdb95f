package goproc

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/backstop-go/backstop/internal/gobin"
)

const (
	// maxFrames bounds the functions on a stack: one of the default limit of
	// 1 GB has room for no more, each with a return address and a frame pointer.
	maxFrames = 64 << 20
	// maxSites bounds the addresses that an Unwinder remembers. A service calls
	// from some ten thousand; a hostile stack may hold every address of it.
	maxSites = 1 << 17
)

// Unwind returns the stack that begins at some registers, innermost call first,
// at most max calls of it, or all when max is 0. It reads return addresses from
// where the tables of the executable say that they stand, as
// runtime/traceback.go does, and where mem has no such place takes them from
// links, which are in the order of a walk from the innermost frame outwards.
//
// For many stacks of a program, an [Unwinder] is faster.
func (p *Program) Unwind(mem io.ReaderAt, from Registers, links []Link, max int) Stack {
	return NewUnwinder(p).Unwind(mem, from, links, max)
}

// An Unwinder unwinds stacks of one program and remembers what it learned of
// each return address. It is for one goroutine at a time.
type Unwinder struct {
	program *Program
	sites   map[uint64]*site // by address in the file
	words   stackWords
	state   unwinding
}

// NewUnwinder returns an Unwinder of a program.
func NewUnwinder(p *Program) *Unwinder {
	return &Unwinder{program: p, sites: map[uint64]*site{}}
}

// Unwind does what [Program.Unwind] does.
func (u *Unwinder) Unwind(mem io.ReaderAt, from Registers, links []Link, max int) Stack {
	var s Stack
	s.Frames, s.Why = u.Append(nil, mem, from, links, max)
	return s
}

// Append appends the frames that [Program.Unwind] would return to others, and
// says why the stack ends early, or "".
func (u *Unwinder) Append(frames []Frame, mem io.ReaderAt, from Registers, links []Link, max int) (all []Frame, why string) {
	n, more := 0, false
	why = u.Walk(mem, from, links, func(f *Frame) bool {
		if more = max > 0 && n == max; more {
			return false
		}
		n++
		frames = append(frames, *f)
		return true
	})
	if more {
		why = fmt.Sprintf("it is deeper than %d calls", max)
	}
	return frames, why
}

// Walk calls yield with each frame of a stack, innermost first, until it returns
// false. The frame is valid during the call. It says why the stack ends early,
// and "" when it is complete or yield returned false.
func (u *Unwinder) Walk(mem io.ReaderAt, from Registers, links []Link, yield func(*Frame) bool) (why string) {
	u.words.reset(mem, links)
	w := &u.state
	*w = unwinding{u: u, pc: from.PC, sp: from.SP, trap: from.Trap, user: from.User, yield: yield}
	if w.pc == 0 {
		// A nil function was called: the stack begins with its caller.
		pc, ok := u.words.at(w.sp)
		if !ok {
			return fmt.Sprintf("no memory at %#x", w.sp)
		}
		w.pc, w.sp = pc, w.sp+8
	}
	for n := 0; n < maxFrames; n++ {
		more, why := w.step()
		if !more && why == "" {
			return w.gaps
		}
		if !more {
			return why
		}
	}
	return fmt.Sprintf("it is deeper than %d functions", maxFrames)
}

// An unwinding is how far the unwinding of one stack has come.
type unwinding struct {
	u      *Unwinder
	pc, sp uint64
	trap   bool         // pc is no return address
	callee gobin.FuncID // of the frame before
	name   string       // of the frame before; "" for the first
	user   *Registers   // until the stack of the goroutine is reached
	gap    bool         // the frame before is not the callee
	gaps   string       // the first place where calls are missing
	yield  func(*Frame) bool
	frame  Frame
}

// step yields the calls at pc and goes on to their caller, as resolveInternal
// and next of runtime/traceback.go do.
func (w *unwinding) step() (more bool, why string) {
	s := w.u.site(w.pc)
	if s.err != nil {
		return false, w.noCode(s.err)
	}
	writes := s.SPWrite && s.ID != gobin.FuncCgoCallback
	if w.user != nil && w.name != "" {
		switch s.ID {
		case gobin.FuncSystemstack:
			// It returns to the goroutine by the stack pointer that was saved.
			w.sp, w.user, writes = w.user.SP, nil, false
			w.u.words.rewind()
		case gobin.FuncMorestack:
			// It does not return: the goroutine begins again where it was saved.
			w.pc, w.sp, w.trap, w.user = w.user.PC, w.user.SP, w.user.Trap, nil
			w.u.words.rewind()
			return true, ""
		}
	}
	cfa := uint64(0)
	if s.Frame && s.SPDelta >= 0 {
		if cfa = w.sp + uint64(s.SPDelta) + 8; cfa <= w.sp {
			return false, fmt.Sprintf("%#x is no stack pointer", w.sp)
		}
	}
	calls, err := s.calls(w.u.program, w.trap)
	if err != nil {
		return false, err.Error()
	}
	if !w.yieldAll(calls, s, cfa) {
		return false, ""
	}
	switch {
	case s.TopFrame:
		return false, ""
	case s.Frame && s.SPDelta < 0:
		return false, fmt.Sprintf("%s keeps its return address in a register", w.name)
	case !s.Frame:
		return false, fmt.Sprintf("the frame of %s is not described", w.name)
	case writes:
		return false, fmt.Sprintf("%s comes from another stack", w.name)
	}
	ret, ok := w.u.words.at(cfa - 8)
	if w.gap = !ok; w.gap {
		// A function without a frame has saved no frame pointer, and is not in
		// the chain. Its caller is missing, but not the callers of that.
		missing := fmt.Sprintf("the caller of %s is not there: no memory at %#x", w.name, cfa-8)
		link, ok := w.u.words.behind(cfa - 8)
		if !ok || s.SPDelta > 0 {
			return false, missing
		}
		if ret, cfa = link.Return, link.At+16; w.gaps == "" {
			w.gaps = missing
		}
	}
	w.pc, w.sp = ret, cfa
	w.trap = s.ID == gobin.FuncSigpanic || s.ID == gobin.FuncAsyncPreempt || s.ID == gobin.FuncDebugCall
	return true, ""
}

// yieldAll yields the calls of one frame.
func (w *unwinding) yieldAll(calls []gobin.Frame, s *site, cfa uint64) bool {
	f := &w.frame
	f.PC, f.SP, f.CFA, f.Trap, f.Gap = w.pc, w.sp, cfa, w.trap, w.gap
	f.Entry = s.Entry + w.u.program.Bias
	for i := range calls {
		f.Frame = calls[i]
		// runtime/traceback.go, elideWrapperCalling
		f.Hidden = f.Wrapper && w.callee != gobin.FuncGopanic && w.callee != gobin.FuncSigpanic && w.callee != gobin.FuncPanicwrap
		w.callee, w.name, f.Gap = gobin.FuncOther, f.Func, f.Gap && i == 0
		if !w.yield(f) {
			return false
		}
	}
	w.callee = s.ID
	return true
}

// noCode says why there is no function at pc.
func (w *unwinding) noCode(err error) string {
	switch {
	case !errors.Is(err, gobin.ErrNotFound):
		return err.Error()
	case w.name == "":
		return fmt.Sprintf("%#x is no Go code", w.pc)
	default:
		return fmt.Sprintf("%s was called from %#x, which is no Go code", w.name, w.pc)
	}
}

// A site is a program counter, and the calls there once somebody asked.
type site struct {
	gobin.Site
	pc            uint64 // in the file
	err           error
	called, alone *calls
}

type calls struct {
	frames []gobin.Frame
	err    error
}

// site returns what is known of a program counter.
func (u *Unwinder) site(pc uint64) *site {
	at := pc - u.program.Bias
	if s, ok := u.sites[at]; ok {
		return s
	}
	if len(u.sites) >= maxSites {
		clear(u.sites)
	}
	s := &site{pc: at}
	s.Site, s.err = u.program.File.Site(at)
	u.sites[at] = s
	return s
}

// calls returns the calls at a site: inlined ones first, last the function with
// the code. Unless it was interrupted there, the call is the instruction before
// (runtime/traceback.go, symPC).
func (s *site) calls(p *Program, trap bool) ([]gobin.Frame, error) {
	of, pc := &s.alone, s.pc
	if !trap && pc > s.Entry {
		of, pc = &s.called, pc-1
	}
	if *of == nil {
		frames, err := p.File.Stack(pc)
		if err != nil {
			// Assembly may have no lines.
			var fn gobin.Func
			if fn, err = p.File.FuncAt(pc); err == nil {
				frames = []gobin.Frame{{Func: fn.Name, File: fn.File, StartLine: fn.StartLine, Wrapper: fn.Wrapper}}
			}
		}
		*of = &calls{frames, err}
	}
	return (*of).frames, (*of).err
}

// stackWords reads the words of a stack, upwards.
type stackWords struct {
	mem    io.ReaderAt
	links  []Link
	next   int // of the links
	start  uint64
	data   []byte
	buffer [2048]byte // most stacks of goroutines are no larger
}

func (s *stackWords) reset(mem io.ReaderAt, links []Link) {
	s.mem, s.links, s.next, s.start, s.data = mem, links, 0, 0, nil
}

// rewind is for going on with another stack.
func (s *stackWords) rewind() { s.next = 0 }

// at returns the return address that stands at addr.
func (s *stackWords) at(addr uint64) (word uint64, ok bool) {
	if at := addr - s.start; at < uint64(len(s.data)) && uint64(len(s.data))-at >= 8 {
		return binary.LittleEndian.Uint64(s.data[at:]), true
	}
	if s.mem != nil && addr < 1<<63-uint64(len(s.buffer)) {
		// What comes after an error is what there is.
		n, _ := s.mem.ReadAt(s.buffer[:], int64(addr))
		if s.start, s.data = addr, s.buffer[:n]; n >= 8 {
			return binary.LittleEndian.Uint64(s.data), true
		}
	}
	link, ok := s.behind(addr)
	return link.Return, ok && link.At+8 == addr
}

// behind returns the first link whose return address stands at addr or behind it.
func (s *stackWords) behind(addr uint64) (link Link, ok bool) {
	for ; s.next < len(s.links); s.next++ {
		if link = s.links[s.next]; link.At+8 >= addr {
			return link, true
		}
	}
	return Link{}, false
}
