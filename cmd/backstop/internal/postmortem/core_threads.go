package postmortem

import (
	"encoding/binary"
	"fmt"
	"strings"

	"github.com/backstop-go/backstop/cmd/backstop/internal/goproc"
	"github.com/backstop-go/backstop/cmd/backstop/internal/postmortem/corefile"
)

// A place is what a thread was doing when the core was written.
type place struct {
	thread *corefile.Thread
	m      *goproc.M // nil for a thread that the Go scheduler does not know
	curg   *goproc.Goroutine
	// regs are those of the thread; where it was in the handler of a signal, of
	// what the signal interrupted.
	regs    corefile.Registers
	handled []handled // signals, the last one first
	// parts are the stacks it was on, innermost first: that of the handler, that
	// of the thread, that of the goroutine.
	parts []part
}

// A handled is a signal whose handler was running.
type handled struct {
	signal corefile.Signal
	regs   corefile.Registers // of what it interrupted
}

// A where is whose stack it is.
type where uint8

const (
	onThread    where = iota // of the scheduler, g0, or of C
	onSignal                 // of signal handlers, gsignal
	onGoroutine              // of m.curg
)

// A part is a stack as far as it was looked at: threads that crash do so near the
// innermost frame.
type part struct {
	where  where
	from   goproc.Registers
	frames []goproc.Frame
	last   goproc.Frame // of the whole stack
	why    string
}

const (
	maxPartFrames = 512
	maxParts      = 8 // handlers may be interrupted
)

// first is the signal that interrupted the program. Those that came later, and
// stand before it, the runtime sent itself to end the process (runtime/signal_unix.go,
// dieFromSignal).
func (p *place) first() *handled { return &p.handled[len(p.handled)-1] }

// find returns the frame of a function and the part it stands in, -1 if there is
// none.
func (p *place) find(names ...string) (inPart, frame int) {
	for i := range p.parts {
		for j := range p.parts[i].frames {
			for _, name := range names {
				if p.parts[i].frames[j].Func == name {
					return i, j
				}
			}
		}
	}
	return -1, -1
}

// places looks at all threads, that which died first.
func (c *Core) places() []*place {
	all := make([]*place, 0, len(c.file.Threads))
	for i := range c.file.Threads {
		all = append(all, c.place(&c.file.Threads[i]))
	}
	return all
}

func (c *Core) place(t *corefile.Thread) *place {
	p := &place{thread: t, regs: t.Registers}
	if c.rt != nil {
		for i := range c.rt.Ms {
			if m := &c.rt.Ms[i]; m.Thread == uint64(t.TID) {
				p.m = m
			}
		}
		if p.m != nil && p.m.CurG != 0 {
			if g, ok := c.rt.Goroutine(p.m.CurG); ok {
				p.curg = &g
			}
		}
	}
	from := trap(&t.Registers)
	for range maxParts {
		s := c.part(p, from)
		p.parts = append(p.parts, s)
		if h, ok := c.interrupted(&s); ok {
			p.handled = append(p.handled, h)
			p.regs = h.regs
			from = trap(&h.regs)
			continue
		}
		if s.where != onThread || p.curg == nil {
			break
		}
		// The goroutine goes on where it left for the stack of the thread.
		from = p.curg.Regs
	}
	return p
}

func trap(r *corefile.Registers) goproc.Registers {
	return goproc.Registers{PC: r.RIP, SP: r.RSP, BP: r.RBP, Trap: true}
}

// part unwinds one stack.
func (c *Core) part(p *place, from goproc.Registers) part {
	s := part{from: from, where: c.whose(p, from.SP)}
	s.why = c.unwinder.Walk(c.file, from, nil, func(f *goproc.Frame) bool {
		if len(s.frames) < maxPartFrames {
			s.frames = append(s.frames, *f)
		}
		s.last = *f
		// That of a goroutine may be a gigabyte, and ends with no handler of a signal.
		return s.where != onGoroutine || len(s.frames) < maxPartFrames
	})
	return s
}

// whose says whose stack sp points into.
func (c *Core) whose(p *place, sp uint64) where {
	if p.curg != nil && p.curg.StackLo <= sp && sp <= p.curg.StackHi {
		return onGoroutine
	}
	if p.m != nil && p.m.GSignal != 0 {
		l := &c.program.Layout.G
		lo, okLo := c.word(p.m.GSignal + uint64(l.StackLo))
		hi, okHi := c.word(p.m.GSignal + uint64(l.StackHi))
		if okLo && okHi && lo <= sp && sp <= hi {
			return onSignal
		}
	}
	return onThread
}

// interrupted reads what the kernel saved when it called the handler of a signal
// whose outermost frame a stack ends with. The handler's return address is the
// first word of struct rt_sigframe; struct ucontext follows it, and siginfo_t that
// (linux: arch/x86/include/asm/sigframe.h, uapi/asm/ucontext.h, sigcontext.h).
func (c *Core) interrupted(s *part) (h handled, ok bool) {
	const (
		registers = 40  // in struct ucontext
		context   = 304 // its size
		userCode  = 0x33
	)
	if s.last.Func != "runtime.sigtramp" || s.last.CFA == 0 {
		return h, false
	}
	b := make([]byte, context+32)
	if n, _ := c.file.ReadAt(b, int64(s.last.CFA)); n < len(b) {
		return h, false
	}
	r := &h.regs
	for i, p := range [...]*uint64{
		&r.R8, &r.R9, &r.R10, &r.R11, &r.R12, &r.R13, &r.R14, &r.R15, &r.RDI, &r.RSI, &r.RBP, &r.RBX, &r.RDX, &r.RAX, &r.RCX, &r.RSP, &r.RIP, &r.Flags, &r.CS,
	} {
		*p = binary.LittleEndian.Uint64(b[registers+8*i:])
	}
	r.CS &= 0xffff // the other segments stand above it
	if r.CS != userCode {
		return h, false
	}
	info := b[context:]
	number := int(int32(binary.LittleEndian.Uint32(info)))
	h.signal = corefile.Signal{
		Number: number, Code: int(int32(binary.LittleEndian.Uint32(info[8:]))), Info: true,
		Addr: binary.LittleEndian.Uint64(info[16:]), Sender: int(int32(binary.LittleEndian.Uint32(info[16:]))), UID: binary.LittleEndian.Uint32(info[20:]),
	}
	return h, number > 0 && number <= 64
}

// word reads a word of memory.
func (c *Core) word(addr uint64) (uint64, bool) {
	var b [8]byte
	n, _ := c.file.ReadAt(b[:], int64(addr)) // what cannot be read is not ok
	return binary.LittleEndian.Uint64(b[:]), n == len(b)
}

// text reads a string of the program's, or its first bytes.
func (c *Core) text(addr, n uint64) (string, bool) {
	const most = 64 << 10
	if addr == 0 || n == 0 {
		return "", n == 0
	}
	b := make([]byte, min(n, most))
	got, _ := c.file.ReadAt(b, int64(addr))
	return string(b[:got]), got == len(b)
}

// codeAt says in words what code is at pc: a function of Go, or a file that was
// mapped there.
func (c *Core) codeAt(pc uint64) string {
	if fn, err := c.binary.FuncAt(pc - c.program.Bias); err == nil {
		return fn.Name
	}
	m := c.file.Mapping(pc)
	if m == nil {
		return ""
	}
	return fmt.Sprintf("%s+%#x", base(strings.TrimSuffix(m.Path, " (deleted)")), pc-m.Start+m.Offset)
}
