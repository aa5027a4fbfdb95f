package postmortem

import (
	"io"
	"slices"
	"strings"

	"github.com/backstop-go/backstop/cmd/backstop/internal/goproc"
	"github.com/backstop-go/backstop/cmd/backstop/internal/postmortem/corefile"
)

// A DyingThread is a thread of a Dying process.
type DyingThread = corefile.Thread

// Registers are those of a DyingThread.
type Registers = corefile.Registers

// A Dying process is one whose threads have stopped on their way out: what a core of
// it would hold, before there is one, or where there never is.
type Dying struct {
	Program *goproc.Program
	Memory  io.ReaderAt
	PID     int
	Threads []DyingThread // with their numbers as the process has them
	// Exited is the thread that ended the process by a system call, 0 when none did.
	Exited int
}

// A Cause is what ended a process, as far as its memory tells.
type Cause int

// The causes.
const (
	Unsaid   Cause = iota // nothing that the runtime or package os knows of
	Panicked              // a panic that nobody recovered
	Threw                 // a fatal error of the runtime
	Signaled              // the runtime died of a signal, with a traceback
	Exited                // somebody called os.Exit
)

// LastWords are what the memory of a dying process says of its end.
type LastWords struct {
	Cause     Cause
	Thread    int               // that ended it
	Goroutine *goproc.Goroutine // that did; nil for none
	// Stack is where its stack begins, or that of the thread. System is where the
	// runtime's own begins, where that was running when something happened to the
	// goroutine; otherwise it is zero.
	Stack, System goproc.Registers
	Panics        []SpokenPanic // of Panicked, the first one first
	Message       string        // of Threw
	Signal        int           // of Signaled
	Problems      []string
}

// A SpokenPanic is a panic that was printed.
type SpokenPanic struct {
	Type, Data uint64           // the two words of the value that panic was called with
	Text       string           // as it was printed
	Stack      goproc.Registers // where the call of panic is; zero when it was not found
}

// LastWords reads why a process dies. The error says that its scheduler cannot be
// read.
func (d *Dying) LastWords() (*LastWords, error) {
	memory := newCache(d.Memory)
	rt, err := d.Program.Runtime(memory)
	if err != nil {
		return nil, err //nolint:wrapcheck // it says what it did
	}
	c := &Core{
		file: corefile.OfProcess(memory, d.PID, d.Threads), binary: d.Program.File, program: *d.Program,
		unwinder: goproc.NewUnwinder(d.Program), rt: rt,
	}
	w := c.lastWords(d.Exited)
	w.Problems = append(rt.Problems, c.problems...)
	return w, nil
}

// lastWords asks the thread that ended the process first.
func (c *Core) lastWords(exited int) *LastWords {
	places := c.places()
	for _, p := range places {
		if exited == 0 || p.thread.TID != exited {
			continue
		}
		if c.wordsOf(p) != nil {
			// Others may have said so before it, and not left yet.
			before := func(p *place) bool { i, _ := p.find("runtime.dopanic_m"); return i >= 0 }
			slices.SortStableFunc(places, func(a, b *place) int { return boolOrder(before(a), before(b)) })
			break
		}
		if i, j := p.find("os.Exit"); i >= 0 {
			w := c.words(Exited, p)
			w.Stack = at(&p.parts[i].frames[j])
			return w
		}
		if p := c.signalled([]*place{p}); p != nil {
			return c.signalWords(p)
		}
		return &LastWords{Thread: p.thread.TID}
	}
	for _, p := range bySpeaker(places) {
		if w := c.wordsOf(p); w != nil {
			return w
		}
	}
	if p := c.signalled(places); p != nil {
		return c.signalWords(p)
	}
	return &LastWords{}
}

// words begins what a thread says.
func (c *Core) words(cause Cause, p *place) *LastWords {
	return &LastWords{Cause: cause, Thread: p.thread.TID, Goroutine: p.curg}
}

// at is where a stack begins with a frame of it.
func at(f *goproc.Frame) goproc.Registers { return goproc.Registers{PC: f.PC, SP: f.SP, Trap: f.Trap} }

// wordsOf are those of a thread that died of a panic or of a fatal error, nil for
// others.
func (c *Core) wordsOf(p *place) *LastWords {
	if i, j := p.find("runtime.fatalpanic"); i >= 0 && p.curg != nil {
		w := c.words(Panicked, p)
		c.begin(w, p, i, j)
		w.Panics = c.spoken(p)
		return w
	}
	if i, _ := p.find("runtime.fatalthrow"); i >= 0 && p.m != nil {
		w := c.words(Threw, p)
		var ok bool
		if w.Message, ok = c.thrownText(p); !ok {
			c.problem("the message of the fatal error cannot be read")
		}
		if k, j := p.find("runtime.throw", "runtime.fatal"); k >= 0 {
			c.begin(w, p, k, j)
		}
		if strings.HasSuffix(w.Message, "deadlock!") {
			c.first(w)
		}
		return w
	}
	return nil
}

// first makes the goroutine the one that did it which a traceback has first where
// none did: that is how a deadlock is known (runtime/proc.go, checkdead).
func (c *Core) first(w *LastWords) {
	for g := range c.rt.Goroutines() {
		if w.Goroutine == nil && !g.System && !c.rt.Running(&g) {
			w.Goroutine, w.System, w.Stack = &g, w.Stack, g.Regs
			return
		}
	}
}

// begin notes where stacks begin: with a frame, or where the goroutine has left its
// own for that.
func (c *Core) begin(w *LastWords, p *place, inPart, frame int) {
	part := &p.parts[inPart]
	w.Stack = at(&part.frames[frame])
	if part.where != onGoroutine && p.curg != nil {
		w.System, w.Stack = w.Stack, c.leftAt(p)
	}
}

// signalWords are those of a thread that died of a signal.
func (c *Core) signalWords(p *place) *LastWords {
	w := c.words(Signaled, p)
	w.Signal = p.first().signal.Number
	from := p.parts[min(len(p.handled), len(p.parts)-1)]
	w.Stack = from.from
	switch {
	case p.curg == nil:
	case from.where != onGoroutine:
		w.System, w.Stack = from.from, p.curg.Regs
	case p.curg.Status == c.program.Layout.Status.Syscall:
		w.Stack = p.curg.Regs // as in bySignal
	}
	return w
}

// spoken reads the panics of a goroutine, and finds the calls of panic on its stack.
func (c *Core) spoken(p *place) (all []SpokenPanic) {
	var calls []*goproc.Frame
	for i := range p.parts {
		for j := range p.parts[i].frames {
			if f := &p.parts[i].frames[j]; f.Func == "runtime.gopanic" {
				calls = append(calls, f)
			}
		}
	}
	chain, _ := c.panics(p.curg.Panic) // what could not be read is among the problems
	for _, panicking := range chain {
		if panicking.goexit {
			continue
		}
		s := SpokenPanic{Type: panicking.typ, Data: panicking.data, Text: panicking.text}
		if n := len(all); n < len(calls) {
			s.Stack = at(calls[n])
			if typ, data, ok := c.raisedAt(calls[n]); ok {
				s.Type, s.Data = typ, data
			}
		}
		all = append(all, s)
	}
	slices.Reverse(all)
	return all
}
