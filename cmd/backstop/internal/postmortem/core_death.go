package postmortem

import (
	"fmt"
	"slices"
	"strings"

	"github.com/backstop-go/backstop/cmd/backstop/internal/goproc"
	"github.com/backstop-go/backstop/cmd/backstop/internal/postmortem/corefile"
	"github.com/backstop-go/backstop/crash"
)

// A death is how the process came to its end, as far as its memory tells.
type death struct {
	place    *place
	headline string // lines, as the runtime prints them before the stacks
	// crashed is the goroutine that did it, nil where none did; g0 says that
	// it is the scheduler's own goroutine of a thread, which has number 0.
	crashed *goproc.Goroutine
	g0      bool
	stack   printed
	runtime printed // the runtime's own stack
	value   *goproc.Value
	// scheduler says that the runtime ended it, so that its state matters.
	scheduler bool
	// unknown says that what tells the cause is missing: there is no headline.
	unknown bool
}

// death finds the thread that ended the process and reads why.
func (c *Core) death(places []*place) *death {
	for _, p := range bySpeaker(places) {
		if i, _ := p.find("runtime.fatalpanic"); i >= 0 && p.curg != nil {
			return c.uncaught(p, i)
		}
		if i, _ := p.find("runtime.fatalthrow"); i >= 0 && p.m != nil {
			return c.thrown(p, i)
		}
	}
	if p := c.signalled(places); p != nil && c.believed(p.first().signal, places) {
		return c.bySignal(p, p.first().signal)
	}
	switch p := places[0]; {
	case !kills(c.file.Signal.Number):
		return &death{}
	case c.believed(c.file.Signal, places):
		c.problem("nothing of the runtime was involved: the kernel ended the process at once")
		return c.bySignal(p, c.file.Signal)
	default:
		return &death{place: p, unknown: true}
	}
}

// leftStack are functions at which the stack of a thread is whole, though it is not
// unwound further: a goroutine has come from its own stack there.
var leftStack = map[string]bool{"runtime.mcall": true, "runtime.systemstack": true, "runtime.morestack": true, "runtime.asmcgocall": true}

// incomplete says that memory is missing in which the cause may stand: a thread that
// said it is found by its stack.
func (c *Core) incomplete(places []*place) bool {
	if c.rt == nil {
		return true
	}
	unread := func(p *place) bool {
		return p.m == nil || slices.ContainsFunc(p.parts, func(s part) bool { return s.why != "" && !leftStack[s.last.Func] })
	}
	return c.file.Cut && slices.ContainsFunc(places, unread)
}

// believed says whether a signal is the cause: the runtime sends signals to its own
// process to end it, whatever the cause was, which then stands in memory.
func (c *Core) believed(s corefile.Signal, places []*place) bool {
	byKernel, byOther := s.Info && s.Code > 0, s.Info && s.Code <= 0 && s.Sender != c.file.Process.PID
	return byKernel || byOther && c.file.Process.PID != 0 || !c.incomplete(places)
}

// bySpeaker puts the threads first that had told why the process ends, when several
// ended it at once: each but the last then waits for ever (runtime/panic.go,
// dopanic_m).
func bySpeaker(places []*place) []*place {
	spoken := func(p *place) bool {
		dopanic, _ := p.find("runtime.dopanic_m")
		waits, _ := p.find("runtime.lock2")
		return dopanic >= 0 && waits >= 0
	}
	all := slices.Clone(places)
	slices.SortStableFunc(all, func(a, b *place) int { return boolOrder(spoken(a), spoken(b)) })
	return all
}

// kills says whether a signal that a core names ended the process. Debuggers that
// write a core of a living process give none, or the one by which they stopped it.
func kills(signal int) bool {
	switch signal {
	case sigILL, sigBUS, sigFPE, sigSEGV, sigSYS, sigABRT, sigQUIT, sigXCPU, sigXFSZ:
		return true
	}
	return false
}

// uncaught is the end by a panic. Its chain hangs on the goroutine still
// (runtime/panic.go, gopanic and fatalpanic).
func (c *Core) uncaught(p *place, inPart int) *death {
	d := &death{place: p, crashed: p.curg}
	var b strings.Builder
	panics, whole := c.panics(p.curg.Panic)
	if d.unknown = !whole; d.unknown {
		c.problem("the program panicked, and what it panicked with cannot be read")
	}
	if len(panics) > 0 {
		d.value = &panics[0].value
		if v, ok := c.raised(p); ok {
			d.value = &v
		}
		writePanics(&b, panics, c.indents())
	} else {
		c.problem("the panic cannot be read")
		b.WriteString("panic: ?\n")
	}
	c.writeSignal(&b, p.curg.Addr)
	d.headline = b.String()
	d.stack = c.printed(p.parts[inPart].from, c.options.All, "runtime.fatalpanic")
	return d
}

// thrown is the end by runtime.throw or runtime.fatal. It happens on the stack of
// the goroutine or on that of the thread (runtime/panic.go, fatalthrow).
func (c *Core) thrown(p *place, inPart int) *death {
	d := &death{place: p, scheduler: true}
	layout := c.program.Layout
	byRuntime := p.m.Throwing == layout.Throw.Runtime
	g := p.m.G0
	on := &p.parts[inPart]
	if on.where == onGoroutine && p.curg != nil {
		g = p.curg.Addr
	}
	var b strings.Builder
	message, ok := c.thrownText(p)
	if d.unknown = !ok; !ok {
		c.problem("the message of the fatal error cannot be read")
		message = "?"
	}
	if message == "fault" {
		if addr, ok := c.word(g + uint64(layout.G.SigCode1)); ok {
			fmt.Fprintf(&b, "unexpected fault address %#x\n", addr)
		}
	}
	fmt.Fprintf(&b, "fatal error: %s\n", c.indent(message))
	c.writeSignal(&b, g)
	d.headline = b.String()
	if on.where == onGoroutine {
		d.crashed = p.curg
		d.stack = c.printed(on.from, c.options.All || byRuntime, "runtime.fatalthrow")
		return d
	}
	if c.options.All || byRuntime {
		d.runtime = c.printed(on.from, true, "runtime.fatalthrow")
	}
	if d.crashed = p.curg; d.crashed != nil {
		d.stack = c.printed(c.leftAt(p), c.options.All || byRuntime, "")
	}
	return d
}

// leftAt is where the goroutine of a thread that is on its own stack goes on.
func (c *Core) leftAt(p *place) goproc.Registers {
	for i := range p.parts {
		if p.parts[i].where == onGoroutine {
			return p.parts[i].from
		}
	}
	return p.curg.Regs
}

// signalled finds the thread that got a signal that ends the process. With
// GOTRACEBACK=crash the runtime makes the other threads print their stacks by
// sending SIGQUIT to itself (runtime/signal_unix.go, sighandler).
func (c *Core) signalled(places []*place) *place {
	var found *place
	for _, p := range places {
		if p.m == nil || len(p.handled) == 0 || p.m.Throwing == c.program.Layout.Throw.None {
			continue
		}
		s := p.first().signal
		relayed := s.Number == sigQUIT && s.Code <= 0 && s.Sender == c.file.Process.PID
		if !relayed {
			return p
		}
		if found == nil {
			found = p
		}
	}
	return found
}

// bySignal is the end by a signal (runtime/signal_unix.go, fatalsignal).
func (c *Core) bySignal(p *place, s corefile.Signal) *death {
	d := &death{place: p}
	var b strings.Builder
	fmt.Fprintf(&b, "%s\nPC=%#x m=%d sigcode=%d", signalText(s.Number), p.regs.RIP, c.numberOf(p), uint64(int64(s.Code)))
	if s.Info && (s.Number == sigSEGV || s.Number == sigBUS) {
		fmt.Fprintf(&b, " addr=%#x", s.Addr)
	}
	b.WriteByte('\n')
	at := p.parts[min(len(p.handled), len(p.parts)-1)]
	switch {
	case at.where == onGoroutine && p.curg != nil:
		d.crashed = p.curg
		from := at.from
		if p.curg.Status == c.program.Layout.Status.Syscall {
			from = p.curg.Regs // as runtime/traceback.go has it, unwinder.initAt
		}
		d.stack = c.printed(from, c.options.All, "")
	case p.curg != nil && (p.m.InCgo || p.curg.Syscall):
		b.WriteString("signal arrived during cgo execution\n")
		d.crashed = p.curg
		d.stack = c.printed(p.curg.Regs, c.options.All, "")
	default:
		d.g0 = p.m != nil
		d.stack = c.printed(at.from, c.options.All, "")
	}
	d.headline = b.String()
	return d
}

// numberOf is the runtime's number of a thread, -1 for one that is not its own.
func (c *Core) numberOf(p *place) int64 {
	if p.m == nil {
		return -1
	}
	return p.m.ID
}

// writeSignal writes the line about the signal that became a panic or a fatal
// error (runtime/panic.go, dopanic_m).
func (c *Core) writeSignal(b *strings.Builder, g uint64) {
	l := &c.program.Layout.G
	number, ok := c.word(g + uint64(l.Sig))
	if number &= 0xffffffff; !ok || number == 0 || number > 64 {
		return
	}
	code, _ := c.word(g + uint64(l.SigCode0))
	addr, _ := c.word(g + uint64(l.SigCode1))
	pc, _ := c.word(g + uint64(l.SigPC))
	fmt.Fprintf(b, "[signal %s code=%#x addr=%#x pc=%#x]\n", signalText(int(number)), code, addr, pc)
}

// thrownText reads the argument of runtime.throw or runtime.fatal: its address is
// stored where the compiler spills the first register, above the return address,
// and again, with the length behind it, in the closure that prints it, which stands
// in the frame.
func (c *Core) thrownText(p *place) (string, bool) {
	i, j := p.find("runtime.throw", "runtime.fatal")
	if i < 0 {
		return "", false
	}
	f := &p.parts[i].frames[j]
	const most = 512 // bytes; the frames have about 40
	if f.CFA <= f.SP || f.CFA-f.SP > most {
		return "", false
	}
	addr, ok := c.word(f.CFA)
	if !ok {
		return "", false
	}
	for at := f.SP; at+16 <= f.CFA; at += 8 {
		word, _ := c.word(at)
		n, _ := c.word(at + 8)
		const longest = 1 << 20
		if word == addr && n <= longest {
			if text, ok := c.text(addr, n); ok {
				return text, true
			}
		}
	}
	return "", false
}

// A printed is a stack as a traceback shows it.
type printed struct {
	frames           []crash.Frame
	elided, elidedAt int
	why              string // it ends early
}

// How many frames a traceback shows of a long stack (runtime/traceback.go,
// tracebackInnerFrames and tracebackOuterFrames).
const (
	innerFrames = 50
	outerFrames = 50
)

// printed unwinds a stack and keeps what a traceback shows of it, beginning behind
// a function; all frames, or those that are not the runtime's own. Where nothing
// else is there, those are shown.
func (c *Core) printed(from goproc.Registers, all bool, behind string) printed {
	s := c.printedOnce(from, all, behind)
	if len(s.frames) == 0 && !all {
		s = c.printedOnce(from, true, behind)
	}
	return s
}

func (c *Core) printedOnce(from goproc.Registers, all bool, behind string) printed {
	var s printed
	var tail [outerFrames]crash.Frame
	began, first, n := behind == "", true, 0
	s.why = c.unwinder.Walk(c.file, from, nil, func(f *goproc.Frame) bool {
		if !began {
			began = f.Func == behind
			return true
		}
		hide := !all && (f.Hidden || !shownInTraceback(f.Func, first))
		first = false
		if hide {
			return true
		}
		if n < innerFrames {
			s.frames = append(s.frames, shownFrame(f))
		} else {
			tail[(n-innerFrames)%outerFrames] = shownFrame(f)
		}
		n++
		return true
	})
	if rest := n - innerFrames; rest > 0 {
		if rest > outerFrames {
			s.elided, s.elidedAt = rest-outerFrames, innerFrames
		}
		for i := max(rest-outerFrames, 0); i < rest; i++ {
			s.frames = append(s.frames, tail[i%outerFrames])
		}
	}
	return s
}

func shownFrame(f *goproc.Frame) crash.Frame {
	o := crash.Frame{Func: f.Func, File: f.File, Line: f.Line, Inlined: f.Inlined}
	if o.Func == "runtime.gopanic" {
		o.Func = "panic" // runtime/traceback.go, printFuncName
	}
	if !f.Inlined && f.PC > f.Entry {
		o.Offset = uint32(f.PC - f.Entry)
	}
	return o
}
