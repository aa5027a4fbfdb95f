package postmortem

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/backstop-go/backstop/cmd/backstop/internal/goproc"
	"github.com/backstop-go/backstop/internal/gobin"
)

// An Image is a Go program in memory that does not change: a process that is
// stopped, or a core file.
type Image struct {
	Program *goproc.Program
	Memory  io.ReaderAt
	// Threads have the registers of the system's threads, by number. Without
	// them the stacks of running goroutines are those of when they last waited,
	// and it is said.
	Threads map[int]goproc.Registers
	// Now is the time of the monotonic clock, in nanoseconds, by which waits are
	// measured; 0 when it is not known.
	Now int64
}

// How much of stacks is copied.
const (
	maxStackCopy  = 1 << 20   // bytes of one goroutine
	maxStackBytes = 512 << 20 // bytes of all
	minStackCopy  = 4 << 10
)

// A taken image is what a snapshot is made of: nothing of it is read from the
// process any more, so that can go on.
type taken struct {
	im       *Image
	rt       *goproc.Runtime
	memory   *cache
	gs       []*takenG
	serving  []*serving // goroutines that may serve requests
	requests []Request  // those that wait for a goroutine
	table    []Request  // those that the program itself keeps a table of
	more     int        // requests that were not read
	problems []string
}

type takenG struct {
	goproc.Goroutine
	regs     goproc.Registers
	stack    piece  // from the stack pointer on
	cut      bool   // there is more of it
	tail     piece  // its outermost part, where it was cut
	why      string // there is no stack
	labels   []goproc.Label
	waitsFor uint64
	entries  []uint64   // functions with code on its stack, if it waits for a lock
	deferred []deferral // calls, the innermost first; likewise
}

// take copies what a snapshot needs. It is what the process is stopped for.
func take(im *Image) (*taken, error) {
	t := &taken{im: im, memory: newCache(im.Memory)}
	rt, err := im.Program.Runtime(t.memory)
	if err != nil {
		return nil, fmt.Errorf("read the runtime of the process: %w", err)
	}
	t.rt = rt
	var block []takenG // to allocate one by one takes longer
	for g := range rt.Goroutines() {
		if len(block) == 0 {
			block = make([]takenG, 256)
		}
		block[0].Goroutine = g
		t.gs, block = append(t.gs, &block[0]), block[1:]
	}
	for _, g := range t.gs {
		g.regs, g.why = t.registers(&g.Goroutine)
		labels, err := rt.Labels(&g.Goroutine)
		if err != nil {
			t.problem("labels of some goroutines: %v", err)
		}
		g.labels = labels
	}
	t.copyStacks()
	t.copyTails()
	for _, g := range t.gs {
		g.waitsFor = t.waitsFor(g)
	}
	t.takeDeferrals()
	t.takeRequests()
	t.problems = append(t.problems, rt.Problems...)
	return t, nil
}

// problem notes what could not be read, once.
func (t *taken) problem(format string, args ...any) {
	const most = 20
	text := fmt.Sprintf(format, args...)
	for _, p := range t.problems {
		if p == text {
			return
		}
	}
	if len(t.problems) < most {
		t.problems = append(t.problems, text)
	}
}

// registers says where the stack of a goroutine begins. One that runs has it in
// the registers of its thread; on the stack of the thread itself, where the
// runtime does its own work, in what was saved when it left its own
// (runtime/asm_amd64.s, gosave_systemstack_switch).
func (t *taken) registers(g *goproc.Goroutine) (regs goproc.Registers, why string) {
	if !t.rt.Running(g) || g.Syscall {
		return g.Regs, ""
	}
	regs, ok := t.im.Threads[int(g.Thread)]
	if !ok {
		return g.Regs, "the registers of its thread are not known"
	}
	within := func(r goproc.Registers) bool { return g.StackLo <= r.SP && r.SP <= g.StackHi }
	if within(regs) {
		return t.switching(g, regs), ""
	}
	if interrupted, ok := t.interrupted(g.M, regs.SP); ok && within(interrupted) {
		return t.switching(g, interrupted), ""
	}
	return g.Regs, ""
}

// switching goes on to the caller of a function that is about to leave the stack
// of a goroutine or has just come to it, because the tables do not describe those:
// as long as the stack pointer is on that stack, the return address is where it
// should be. Nobody called gogo, which has the stack pointer of the goroutine and
// is about to jump to where that goes on (runtime/asm_amd64.s).
func (t *taken) switching(g *goproc.Goroutine, regs goproc.Registers) goproc.Registers {
	p := t.im.Program
	site, err := p.File.Site(regs.PC - p.Bias)
	if err != nil || !site.SPWrite || site.ID == gobin.FuncCgoCallback {
		return regs
	}
	if fn, err := p.File.FuncAt(regs.PC - p.Bias); err == nil && strings.TrimPrefix(fn.Name, "runtime.") == "gogo" {
		return goproc.Registers{PC: g.Regs.PC, SP: regs.SP, BP: regs.BP}
	}
	if !site.Frame || site.SPDelta < 0 {
		return regs
	}
	at := regs.SP + uint64(site.SPDelta)
	return goproc.Registers{PC: t.memory.word(at), SP: at + 8, BP: regs.BP}
}

// interrupted returns the registers that a signal interrupted, of a thread that
// is in a signal handler: the kernel has put them on the stack for signals
// (arch/x86/include/uapi/asm/sigcontext.h and ucontext.h, struct rt_sigframe).
// They are known by the description of that same stack, which stands before them.
func (t *taken) interrupted(m, sp uint64) (regs goproc.Registers, ok bool) {
	for i := range t.rt.Ms {
		if t.rt.Ms[i].Addr != m || t.rt.Ms[i].GSignal == 0 {
			continue
		}
		l := &t.im.Program.Layout.G
		lo, hi := t.memory.word(t.rt.Ms[i].GSignal+uint64(l.StackLo)), t.memory.word(t.rt.Ms[i].GSignal+uint64(l.StackHi))
		if sp < lo || sp >= hi || hi-lo > 1<<20 {
			return regs, false
		}
		stack := make([]byte, hi-lo)
		if n, _ := t.im.Memory.ReadAt(stack, int64(lo)); n < len(stack) { // then it is not there
			return regs, false
		}
		return interruptedIn(stack, lo)
	}
	return regs, false
}

// interruptedIn finds the registers on a stack for signals that begins at lo.
func interruptedIn(stack []byte, lo uint64) (regs goproc.Registers, ok bool) {
	const (
		// from uc_stack on: sp, flags, size; then r8 to r15, di, si
		afterStack = 24
		bp         = afterStack + 10*8
		sp         = afterStack + 15*8
		pc         = afterStack + 16*8
	)
	word := func(at int) uint64 { return binary.LittleEndian.Uint64(stack[at:]) }
	for at := 0; at+pc+8 <= len(stack); at += 8 {
		if word(at) == lo && word(at+16) == uint64(len(stack)) {
			return goproc.Registers{PC: word(at + pc), SP: word(at + sp), BP: word(at + bp), Trap: true}, true
		}
	}
	return regs, false
}

// copyStacks copies what the stacks of goroutines hold, from their stack pointers
// on, each up to a limit that keeps all within bounds.
func (t *taken) copyStacks() {
	limit := uint64(maxStackCopy)
	for ; limit > minStackCopy; limit /= 2 {
		total := uint64(0)
		for _, g := range t.gs {
			total += min(g.used(), limit)
		}
		if total <= maxStackBytes {
			break
		}
	}
	t.readStacks(limit)
}

const (
	runSize = 256 << 10 // bytes that are read at once
	runGap  = 4 << 10   // bytes between two stacks that are read rather than left out
)

// readStacks reads stacks in the order of their addresses: those of many
// goroutines lie side by side, and one read of them all is cheaper than one each.
func (t *taken) readStacks(limit uint64) {
	order := make([]*takenG, 0, len(t.gs))
	for _, g := range t.gs {
		switch n := g.used(); {
		case n > 0:
			g.cut = n > limit
			order = append(order, g)
		case g.why == "":
			g.why = fmt.Sprintf("its stack pointer %#x is not on its stack", g.regs.SP)
		}
	}
	slices.SortFunc(order, func(a, b *takenG) int { return cmp.Compare(a.regs.SP, b.regs.SP) })
	end := func(g *takenG) uint64 { return g.regs.SP + min(g.used(), limit) }
	var arena []byte
	run := make([]byte, runSize)
	for from := 0; from < len(order); {
		start, to := order[from].regs.SP, from+1
		for to < len(order) && order[to].regs.SP <= end(order[to-1])+runGap && end(order[to])-start <= runSize {
			to++
		}
		n := uint64(0)
		for _, g := range order[from:to] {
			n = max(n, end(g)-start)
		}
		if n > uint64(len(run)) {
			run = make([]byte, n)
		}
		got, err := t.im.Memory.ReadAt(run[:n], int64(start))
		if uint64(max(got, 0)) < n {
			t.problem("stacks of some goroutines are not there: %v", err)
		}
		for _, g := range order[from:to] {
			at := g.regs.SP - start
			there := run[min(at, uint64(max(got, 0))):min(end(g)-start, uint64(max(got, 0)))]
			if len(arena) < len(there) {
				arena = make([]byte, max(len(there), 1<<20))
			}
			g.stack = piece{g.regs.SP, arena[:copy(arena, there):len(there)]}
			arena = arena[len(there):]
		}
		from = to
	}
}

// tailSize is enough for the outermost functions of servers.
const tailSize = 4 << 10

// copyTails copies the outermost part of stacks that were cut: what a goroutine
// serves stands there. Where no more than that is missing, the stack is whole then.
func (t *taken) copyTails() {
	for _, g := range t.gs {
		if !g.cut {
			continue
		}
		missing := g.used() - uint64(len(g.stack.bytes))
		b := make([]byte, min(missing, tailSize))
		at := g.StackHi - uint64(len(b))
		n, _ := t.im.Memory.ReadAt(b, int64(at)) // what there is counts
		b = b[:max(n, 0)]
		if missing > tailSize {
			g.tail = piece{at, b}
			continue
		}
		g.stack.bytes = append(g.stack.bytes, b...)
		g.cut = uint64(len(b)) < missing
	}
}

// used is how much of its stack a goroutine uses, 0 when that cannot be.
func (g *takenG) used() uint64 {
	if g.regs.SP < g.StackLo || g.regs.SP >= g.StackHi {
		return 0
	}
	return g.StackHi - g.regs.SP
}

// waitsFor returns what a goroutine waits for: the address of the channel, if it
// is one, or that of the semaphore of a lock.
func (t *taken) waitsFor(g *takenG) uint64 {
	l := &t.im.Program.Layout.Sudog
	lock := isLock(g.State) || g.State == "sync.WaitGroup.Wait"
	if g.Waiting != 0 {
		if t.memory.word(g.Waiting+uint64(l.G)) != g.Addr {
			return 0
		}
		if lock {
			return t.memory.word(g.Waiting + uint64(l.Elem))
		}
		if t.memory.word(g.Waiting+uint64(l.WaitLink)) != 0 {
			return 0 // a select of several
		}
		return t.memory.word(g.Waiting + uint64(l.C))
	}
	if !lock {
		return 0
	}
	// Before Go 1.26 the runtime notes it nowhere in g. The entry in the queue of
	// the lock is a local variable of runtime.semacquire1, and points back to the
	// goroutine.
	for at := 0; at+8 <= len(g.stack.bytes) && at < 128*8; at += 8 {
		s := binary.LittleEndian.Uint64(g.stack.bytes[at:])
		if s == 0 || s%8 != 0 || s >= g.StackLo && s < g.StackHi {
			continue
		}
		if t.memory.word(s+uint64(l.G)) == g.Addr {
			if addr := t.memory.word(s + uint64(l.Elem)); addr != 0 { // 0 in one that is not in use
				return addr
			}
		}
	}
	return 0
}
