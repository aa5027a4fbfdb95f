package goproc

import (
	"cmp"
	"encoding/binary"
	"iter"
	"slices"
	"strings"
)

// A Goroutine is a goroutine as the scheduler knows it.
type Goroutine struct {
	Addr   uint64 // of its g
	ID     uint64
	Status uint32 // see layout.Status; without the bit Scan
	Scan   bool   // the garbage collector looks at its stack
	// State is what tracebacks say of it: "running", "chan receive", "select".
	State string
	// WaitSince is since when it waits, in nanoseconds of the monotonic clock; 0
	// when it is not known. The garbage collector sets it, so that it may be
	// later than it really was (runtime/mgcmark.go, markroot).
	WaitSince int64

	// Closure is the function value that it will begin with, while it has not
	// begun; 0 from then on.
	Closure uint64

	Parent  uint64 // the goroutine that created it; 0 when there is none
	GoPC    uint64 // return address of the go statement; see [Runtime.CreatedBy]
	StartPC uint64 // the function that it runs
	// System says that tracebacks hide it: it belongs to the runtime.
	System bool

	StackLo, StackHi uint64
	// Regs is where its stack begins while it does not run: the return address
	// of what parked it, or of what entered a system call. They mean nothing for
	// one that is running: its registers are those of its Thread.
	Regs Registers
	// Syscall says that it is in a system call or in C code.
	Syscall bool

	M      uint64 // that runs it, or whose system call it is in; 0 for none
	Thread uint64 // the id of that thread in the system
	// Locked says that it called runtime.LockOSThread.
	Locked bool
	// Panic and Defer are the innermost panic in flight and deferred call; 0 for
	// none.
	Panic, Defer uint64
	// Waiting is the first sudog that it waits with, in a queue of a channel or a
	// semaphore; 0 for none.
	Waiting uint64
	// LabelsAt is what [Program.Labels] reads; 0 for none.
	LabelsAt uint64
	// Bubble is the testing/synctest bubble that it belongs to; 0 for none.
	Bubble uint64
}

// Running says whether Regs mean nothing, because the registers of its thread do.
func (rt *Runtime) Running(g *Goroutine) bool { return g.Status == rt.l.Status.Running }

// goroutines are read in blocks: first pointers, then what they point to, where
// neighbours are read together.
const (
	blockOfGs = 1024
	maxGap    = 4 << 10  // bytes between two g that are read rather than left out
	maxRun    = 64 << 10 // bytes that are read at once
	maxLost   = 1 << 16  // goroutines that cannot be read, before the list is given up
)

// Goroutines returns all goroutines but dead ones, in the order of their
// creation, more or less: the runtime uses the g of dead ones again. A goroutine
// that cannot be read is left out, and Problems says so.
func (rt *Runtime) Goroutines() iter.Seq[Goroutine] {
	return func(yield func(Goroutine) bool) {
		n, err := readWord(rt.mem, rt.roots.Allglen)
		if err != nil {
			rt.problem("the number of goroutines: %v", err)
			return
		}
		array, err := readWord(rt.mem, rt.roots.Allgs)
		if err != nil {
			rt.problem("the list of goroutines: %v", err)
			return
		}
		if n > maxGoroutines {
			rt.problem("%d goroutines are too many: the first %d are read", n, maxGoroutines)
			n = maxGoroutines
		}
		w := &walk{rt: rt, pointers: make([]byte, 8*blockOfGs), g: make(record, blockOfGs*int(rt.l.G.Size))}
		for i := uint64(0); i < n; i += blockOfGs {
			if !w.block(array+8*i, min(blockOfGs, n-i), yield) {
				return
			}
		}
		if after, err := readWord(rt.mem, rt.roots.Allglen); err == nil && after != n {
			rt.problem("the program went on: it had %d goroutines, then %d", n, after)
		}
	}
}

// A walk reads one block after the other.
type walk struct {
	rt       *Runtime
	pointers []byte
	g        record // the block's g, in the order of the pointers
	order    []int
	run      []byte
	lost     int // goroutines that could not be read
}

// block reads n goroutines and yields them; it says whether to go on.
func (w *walk) block(addr, n uint64, yield func(Goroutine) bool) bool {
	rt := w.rt
	pointers := w.pointers[:8*n]
	if err := readAll(rt.mem, pointers, addr); err != nil {
		rt.problem("the list of goroutines breaks off: %v", err)
		return false
	}
	at := func(i int) uint64 { return binary.LittleEndian.Uint64(pointers[8*i:]) }
	w.order = w.order[:0]
	for i := range int(n) {
		w.order = append(w.order, i)
	}
	slices.SortFunc(w.order, func(i, j int) int { return cmp.Compare(at(i), at(j)) })
	for i := 1; i < len(w.order); i++ {
		if at(w.order[i]) == at(w.order[i-1]) {
			// Nor does the list of a sound program have a nil.
			rt.problem("the list of goroutines breaks off: it names the one at %#x twice", at(w.order[i]))
			return false
		}
	}
	w.read(at)
	size := int(rt.l.G.Size)
	for i := range int(n) {
		b := w.g[i*size : (i+1)*size]
		if b.word(rt.l.G.StackHi) == unread {
			if w.lost++; w.lost > maxLost {
				rt.problem("the list of goroutines breaks off: too many cannot be read")
				return false
			}
			rt.problem("some goroutines cannot be read, such as the one at %#x", at(i))
			continue
		}
		if g, ok := rt.goroutine(at(i), b); ok && !yield(g) {
			return false
		}
	}
	return true
}

// unread marks the stack of a g that could not be read: no stack ends there.
const unread = 1

// read fills w.g, with few reads: the runtime allocates many g beside each other.
func (w *walk) read(at func(int) uint64) {
	size := uint64(w.rt.l.G.Size)
	if w.run == nil {
		w.run = make([]byte, maxRun)
	}
	for from := 0; from < len(w.order); {
		start := at(w.order[from])
		to := from + 1
		for to < len(w.order) {
			next := at(w.order[to])
			if next-at(w.order[to-1])-size > maxGap || next+size-start > maxRun {
				break
			}
			to++
		}
		run := w.run[:at(w.order[to-1])+size-start]
		whole := readAll(w.rt.mem, run, start) == nil
		for _, i := range w.order[from:to] {
			b := w.g[uint64(i)*size : uint64(i+1)*size]
			if whole {
				copy(b, run[at(i)-start:])
			} else if readAll(w.rt.mem, b, at(i)) != nil {
				binary.LittleEndian.PutUint64(b[w.rt.l.G.StackHi:], unread)
			}
		}
		from = to
	}
}

// goroutine decodes a g. It is not ok for one that is dead or no g.
func (rt *Runtime) goroutine(addr uint64, b record) (g Goroutine, ok bool) {
	l, s := &rt.l.G, &rt.l.Status
	status := b.half(l.AtomicStatus)
	g = Goroutine{
		Addr: addr, ID: b.word(l.Goid), Status: status &^ s.Scan, Scan: status&s.Scan != 0,
		WaitSince: int64(b.word(l.WaitSince)), Parent: b.word(l.ParentGoid), GoPC: b.word(l.GoPC), StartPC: b.word(l.StartPC),
		StackLo: b.word(l.StackLo), StackHi: b.word(l.StackHi),
		Regs: Registers{PC: b.word(l.SchedPC), SP: b.word(l.SchedSP), BP: b.word(l.SchedBP)},
		M:    b.word(l.M), Locked: b.word(l.LockedM) != 0, Panic: b.word(l.Panic), Defer: b.word(l.Defer),
		LabelsAt: b.word(l.Labels), Bubble: b.word(l.Bubble), Waiting: b.word(l.Waiting),
	}
	switch g.Status {
	case s.Idle, s.Dead, s.DeadExtra:
		return g, false
	}
	if self := b.word(l.SchedG); self != addr {
		rt.problem("the goroutine at %#x is damaged, or was created just now: it calls itself %#x", addr, self)
		return g, false
	}
	if sp := b.word(l.SyscallSP); sp != 0 {
		g.Syscall = true
		g.Regs = Registers{PC: b.word(l.SyscallPC), SP: sp, BP: g.Regs.BP}
		if l.SyscallBP.Has() {
			g.Regs.BP = b.word(l.SyscallBP)
		}
	}
	// One that never ran begins with its function, and gogo clears the closure
	// when it does (runtime/asm_amd64.s).
	g.Regs.Trap = g.Regs.PC == g.StartPC && !g.Syscall
	if g.Regs.Trap && g.Status == s.Runnable {
		g.Closure = b.word(l.SchedCtxt)
	}
	if g.Status != s.Waiting && g.Status != s.Syscall {
		g.WaitSince = 0
	}
	g.State = rt.state(g.Status, b.byte(l.WaitReason))
	g.System = rt.isSystem(&g, b)
	rt.thread(&g)
	return g, true
}

// thread says which thread runs g, and notes contradictions.
func (rt *Runtime) thread(g *Goroutine) {
	if g.M == 0 {
		return
	}
	i, known := rt.ms[g.M]
	if !known {
		rt.problem("a goroutine is run by an m that is not in the list")
		return
	}
	g.Thread = rt.Ms[i].Thread
	if rt.Running(g) && rt.Ms[i].CurG != g.Addr {
		rt.problem("a goroutine is running on an m that runs another")
	}
}

// state is what runtime.goroutineheader prints.
func (rt *Runtime) state(status uint32, reason byte) string {
	s := &rt.l.Status
	switch status {
	case s.Runnable:
		return "runnable"
	case s.Running:
		return "running"
	case s.Syscall:
		return "syscall"
	case s.Waiting, s.Leaked:
		if int(reason) < len(rt.l.WaitReasons) && rt.l.WaitReasons[reason] != "" {
			return rt.l.WaitReasons[reason]
		}
		if reason != 0 {
			return "unknown wait reason" // as waitReason.String has it
		}
		if status == s.Leaked {
			return "leaked"
		}
		return "waiting"
	case s.CopyStack:
		return "copystack"
	case s.Preempted:
		return "preempted"
	}
	return "???"
}

// A verdict is what a start function makes of a goroutine.
type verdict uint8

const (
	user verdict = iota + 1
	system
	finalizers // the system's unless it runs the user's code
	cleanups
)

// isSystem is runtime.isSystemGoroutine. Whether a finalizer runs is told by where the
// goroutine stands, for the runtime keeps it in a variable of its own.
func (rt *Runtime) isSystem(g *Goroutine, b record) bool {
	v, ok := rt.system[g.StartPC]
	if !ok {
		switch name := rt.funcName(g.StartPC); {
		case name == "runtime.main", name == "runtime.corostart", name == "runtime.handleAsyncEvent":
			v = user
		case name == "runtime.runfinq", name == "runtime.runFinalizers":
			v = finalizers
		case name == "runtime.runCleanups":
			v = cleanups
		case strings.HasPrefix(name, "runtime."):
			v = system
		default:
			v = user
		}
		remember(rt.system, g.StartPC, v)
	}
	switch v {
	case system:
		return true
	case finalizers:
		begins := g.Status == rt.l.Status.Runnable && g.Regs.PC == g.StartPC
		return g.State == "finalizer wait" || begins
	case cleanups:
		return !b.flag(rt.l.G.RunningCleanups)
	}
	return false
}

// A Creation is where a goroutine was created, as the "created by" line of
// tracebacks has it.
type Creation struct {
	Func string // the function with code; others may have been inlined into it
	File string
	Line int
	// Offset is that of the return address in the function.
	Offset uint64
}

// CreatedBy returns where g was created. It is not ok for goroutines that no go
// statement created, and where the address is in no function.
func (rt *Runtime) CreatedBy(g *Goroutine) (c Creation, ok bool) {
	if g.GoPC == 0 || g.ID == 1 {
		return c, false
	}
	c, known := rt.created[g.GoPC]
	if !known {
		pc := g.GoPC - rt.p.Bias
		if fn, err := rt.p.File.FuncAt(pc); err == nil {
			c.Func, c.Offset = fn.Name, pc-fn.Entry
			if pc > fn.Entry {
				pc-- // the call is the instruction before (runtime/traceback.go, printcreatedby1)
			}
			if file, line, err := rt.p.File.Position(pc); err == nil {
				c.File, c.Line = file, line
			}
		}
		remember(rt.created, g.GoPC, c)
	}
	return c, c.Func != ""
}

// StartFunc returns the name of the function that g runs, "" if it is not known.
func (rt *Runtime) StartFunc(g *Goroutine) string { return rt.funcName(g.StartPC) }

// Goroutine reads the g at an address, such as m.curg. It is not ok for one that
// is dead or no g.
func (rt *Runtime) Goroutine(addr uint64) (g Goroutine, ok bool) {
	b := make(record, rt.l.G.Size)
	if err := readAll(rt.mem, b, addr); err != nil {
		rt.problem("a goroutine: %v", err)
		return g, false
	}
	return rt.goroutine(addr, b)
}
