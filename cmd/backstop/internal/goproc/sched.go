package goproc

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/backstop-go/backstop/internal/gobin"
	"github.com/backstop-go/backstop/internal/gobin/layout"
)

// Bounds of what is believed of a program's memory.
const (
	maxThreads    = 1 << 17 // the default limit of Go is 10,000 (debug.SetMaxThreads)
	maxProcs      = 1 << 16
	maxGoroutines = 1 << 24 // their stacks alone take 32 GiB
	maxQueue      = 1 << 20
	maxReason     = 256 // bytes of m.preemptoff
	maxProblems   = 32
	maxRemembered = 1 << 14
)

// A Runtime is the scheduler of a Go program, read from its memory.
type Runtime struct {
	Ms    []M // by id; those that ended are not there
	Ps    []P // by id
	Sched Sched

	// Problems say what could not be read or contradicts itself: the memory is
	// damaged, or changed while it was read.
	Problems []string

	p       *Program
	l       *layout.Layout
	mem     io.ReaderAt
	roots   Roots
	threads map[uint64]uint64 // address of m to thread id
	ms      map[uint64]int    // address of m to its index
	system  map[uint64]verdict
	created map[uint64]Creation
	labels  map[uint64][]Label
	names   map[uint64]string
}

// An M is a thread of the scheduler, runtime.m.
type M struct {
	Addr     uint64
	ID       int64
	Thread   uint64 // its id in the system; 0 before it began to run
	G0       uint64 // its own goroutine, on whose stack the scheduler runs
	GSignal  uint64
	CurG     uint64 // the goroutine that it runs; 0 while it has none
	P        uint64 // 0 while it has none
	LockedG  uint64 // see runtime.LockOSThread
	WaitLock uint64

	Locks, Mallocing, Dying int32
	Throwing                uint32 // see layout.Throw
	PreemptOff              string // why it must not be preempted
	Spinning                bool   // looks for work
	Blocked                 bool   // sleeps
	InCgo                   bool   // runs C code that Go called
	Extra                   bool   // for a thread that C created

	// Saved is where the scheduler's own stack continues, while a goroutine runs.
	Saved Registers
	// LockContended is the lock of the runtime that it last waited for, where
	// the release records it; 0 otherwise.
	LockContended uint64
}

// A P is the right to run Go code, runtime.p. There are GOMAXPROCS of them.
type P struct {
	Addr      uint64
	ID        int32
	Status    uint32 // see layout.PStatus
	State     string // "idle", "running", "syscall", "gcstop", "dead"
	M         uint64
	SchedTick uint32 // switches of goroutines so far
	Syscall   uint32 // system calls so far
	Runq      []uint64
	RunNext   uint64 // the goroutine that runs before those of Runq; 0 for none
}

// Sched is the global state of the scheduler, runtime.schedt.
type Sched struct {
	Addr         uint64
	Locked       bool // somebody holds sched.lock
	MCount       int64
	MaxMCount    int32
	Idle         int32 // Ms
	IdleLocked   int32 // Ms that wait for the goroutine they are locked to
	IdlePs       int32
	Spinning     int32
	NeedSpinning uint32
	SystemGs     int32 // system goroutines
	Runq         []uint64
	RunqSize     int32 // what the runtime counts; Runq is what is there
	GCWaiting    bool
	StopWait     int32
	SysmonWait   bool
}

// ErrNoRuntime says that the memory has no Go scheduler where one should be: it
// is another program's, the program has not begun, or memory is missing.
var ErrNoRuntime = errors.New("no Go scheduler in memory")

// Runtime reads the scheduler from the memory of the program, which p.Layout
// describes. It makes sure that what it finds is what it looks for: the g of each
// m points back, each p has its number. Memory that changes meanwhile is
// tolerated; see Problems.
func (p *Program) Runtime(mem io.ReaderAt) (*Runtime, error) {
	if p.Layout == nil {
		return nil, errors.New("read scheduler: the program has no layout")
	}
	if p.Layout.Arch != p.File.Arch() || p.File.Arch() != "amd64" {
		return nil, fmt.Errorf("read scheduler: the layout is of %s, the program of %s; only amd64 is known", p.Layout.Arch, p.File.Arch())
	}
	roots, err := FindRoots(p.File, uint64(p.Layout.Sched.Lock))
	if err != nil {
		return nil, fmt.Errorf("read scheduler: %w", err)
	}
	rt := &Runtime{
		p: p, l: p.Layout, mem: mem,
		threads: map[uint64]uint64{}, ms: map[uint64]int{}, system: map[uint64]verdict{},
		created: map[uint64]Creation{}, labels: map[uint64][]Label{}, names: map[uint64]string{},
	}
	for _, root := range []*uint64{&roots.Allgs, &roots.Allglen, &roots.Allm, &roots.Allp, &roots.Sched} {
		*root += p.Bias
	}
	rt.roots = roots
	if err := rt.readMs(); err != nil {
		return nil, fmt.Errorf("read threads: %w", err)
	}
	if err := rt.readPs(); err != nil {
		return nil, fmt.Errorf("read processors: %w", err)
	}
	if err := rt.readSched(); err != nil {
		return nil, fmt.Errorf("read scheduler: %w", err)
	}
	return rt, nil
}

func (rt *Runtime) problem(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if len(rt.Problems) < maxProblems && !slices.Contains(rt.Problems, text) {
		rt.Problems = append(rt.Problems, text)
	}
}

// A record is the bytes of one structure.
type record []byte

func (r record) word(o layout.Offset) uint64 {
	if o < 0 || int(o)+8 > len(r) {
		return 0
	}
	return binary.LittleEndian.Uint64(r[o:])
}

func (r record) half(o layout.Offset) uint32 {
	if o < 0 || int(o)+4 > len(r) {
		return 0
	}
	return binary.LittleEndian.Uint32(r[o:])
}

func (r record) byte(o layout.Offset) byte {
	if o < 0 || int(o) >= len(r) {
		return 0
	}
	return r[o]
}

func (r record) flag(o layout.Offset) bool { return r.byte(o) != 0 }

// readAll fills b from an address.
func readAll(mem io.ReaderAt, b []byte, addr uint64) error {
	if int64(addr) < 0 {
		return fmt.Errorf("no memory at %#x", addr)
	}
	if n, err := mem.ReadAt(b, int64(addr)); n < len(b) {
		if err == nil || err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		return fmt.Errorf("%d bytes at %#x: %w", len(b), addr, err)
	}
	return nil
}

func readWord(mem io.ReaderAt, addr uint64) (uint64, error) {
	var b [8]byte
	err := readAll(mem, b[:], addr)
	return binary.LittleEndian.Uint64(b[:]), err
}

// readMs follows the list of all m. Each is known by its g0, which points back.
func (rt *Runtime) readMs() error {
	m, err := readWord(rt.mem, rt.roots.Allm)
	if err != nil {
		return err
	}
	if m == 0 {
		return fmt.Errorf("%w: the list of threads is empty", ErrNoRuntime)
	}
	b := make(record, rt.l.M.Size)
	for m != 0 && len(rt.Ms) < maxThreads {
		if _, seen := rt.ms[m]; seen {
			rt.problem("the list of threads returns to the m at %#x", m)
			break
		}
		if err := rt.readM(b, m); err != nil {
			if len(rt.Ms) == 0 {
				return err
			}
			rt.problem("the list of threads breaks off: %v", err)
			break
		}
		m = b.word(rt.l.M.AllLink)
	}
	slices.SortFunc(rt.Ms, func(a, b M) int { return cmp.Compare(a.ID, b.ID) })
	for i, m := range rt.Ms {
		rt.ms[m.Addr] = i
	}
	return nil
}

func (rt *Runtime) readM(b record, addr uint64) error {
	if err := readAll(rt.mem, b, addr); err != nil {
		return err
	}
	l := &rt.l.M
	m := M{
		Addr: addr, ID: int64(b.word(l.ID)), Thread: b.word(l.ProcID), G0: b.word(l.G0), GSignal: b.word(l.GSignal),
		CurG: b.word(l.CurG), P: b.word(l.P), LockedG: b.word(l.LockedG), WaitLock: b.word(l.WaitLock),
		Locks: int32(b.half(l.Locks)), Mallocing: int32(b.half(l.Mallocing)), Dying: int32(b.half(l.Dying)),
		Throwing: b.half(l.Throwing), Spinning: b.flag(l.Spinning), Blocked: b.flag(l.Blocked), InCgo: b.flag(l.InCgo),
		Extra: b.flag(l.IsExtra), LockContended: b.word(l.LockProfilePending),
	}
	g0 := make(record, rt.l.G.Size)
	if err := readAll(rt.mem, g0, m.G0); err != nil {
		return fmt.Errorf("%w: g0 of the m at %#x: %v", ErrNoRuntime, addr, err) //nolint:errorlint // it is one cause of the other
	}
	if back := g0.word(rt.l.G.M); back != addr {
		return fmt.Errorf("%w: the g0 of the m at %#x belongs to %#x", ErrNoRuntime, addr, back)
	}
	m.Saved = Registers{PC: g0.word(rt.l.G.SchedPC), SP: g0.word(rt.l.G.SchedSP), BP: g0.word(rt.l.G.SchedBP)}
	m.PreemptOff = rt.reason(b.word(l.PreemptOff), b.word(l.PreemptOff+8))
	rt.ms[addr] = len(rt.Ms)
	rt.threads[addr] = m.Thread
	rt.Ms = append(rt.Ms, m)
	return nil
}

// reason reads a short string, or its beginning.
func (rt *Runtime) reason(addr, n uint64) string {
	if addr == 0 || n == 0 || n > maxReason {
		return ""
	}
	b := make([]byte, n)
	if readAll(rt.mem, b, addr) != nil {
		return ""
	}
	return string(b)
}

// readPs reads the slice of all p. Each is known by its number.
func (rt *Runtime) readPs() error {
	head := make(record, 16)
	if err := readAll(rt.mem, head, rt.roots.Allp); err != nil {
		return err
	}
	addr, n := head.word(0), head.word(8)
	if n == 0 || n > maxProcs {
		return fmt.Errorf("%w: it has %d processors", ErrNoRuntime, n)
	}
	pointers := make(record, 8*n)
	if err := readAll(rt.mem, pointers, addr); err != nil {
		return err
	}
	l := &rt.l.P
	// What lies behind the fields that are read is large.
	b := make(record, max(l.RunNext+8, l.Runq+8*runqSize))
	for i := range n {
		at := pointers.word(layout.Offset(8 * i))
		if err := readAll(rt.mem, b, at); err != nil {
			return err
		}
		p := P{
			Addr: at, ID: int32(b.half(l.ID)), Status: b.half(l.Status), M: b.word(l.M), SchedTick: b.half(l.SchedTick),
			Syscall: b.half(l.SyscallTick), RunNext: b.word(l.RunNext),
		}
		if uint64(p.ID) != i {
			return fmt.Errorf("%w: processor %d calls itself %d", ErrNoRuntime, i, p.ID)
		}
		p.State = rt.stateOfP(p.Status)
		p.Runq = rt.runq(b, i)
		rt.Ps = append(rt.Ps, p)
	}
	return nil
}

// runqSize is the length of p.runq (runtime/runtime2.go).
const runqSize = 256

func (rt *Runtime) runq(p record, id uint64) []uint64 {
	l := &rt.l.P
	head, tail := p.half(l.RunqHead), p.half(l.RunqTail)
	if tail-head > runqSize {
		rt.problem("the run queue of processor %d has %d goroutines", id, tail-head)
		return nil
	}
	var queue []uint64
	for i := head; i != tail; i++ {
		if g := p.word(l.Runq + layout.Offset(8*(i%runqSize))); g != 0 {
			queue = append(queue, g)
		}
	}
	return queue
}

func (rt *Runtime) stateOfP(status uint32) string {
	s := &rt.l.PStatus
	switch status {
	case s.Idle:
		return "idle"
	case s.Running:
		return "running"
	case s.Syscall:
		return "syscall"
	case s.GCStop:
		return "gcstop"
	case s.Dead:
		return "dead"
	}
	return "unknown"
}

// readSched reads runtime.sched, which is known by what it counts.
func (rt *Runtime) readSched() error {
	l := &rt.l.Sched
	// What lies behind the fields that are read is large.
	b := make(record, max(l.SysmonWait, l.StopWait, l.GCWaiting, l.RunqSize, l.NeedSpinning)+8)
	if err := readAll(rt.mem, b, rt.roots.Sched); err != nil {
		return err
	}
	s := Sched{
		Addr: rt.roots.Sched, MCount: int64(b.word(l.MNext) - b.word(l.NMfreed)), MaxMCount: int32(b.half(l.MaxMCount)),
		Locked: rt.held(b.word(l.Lock + rt.l.Mutex.Key)),
		Idle:   int32(b.half(l.NMidle)), IdleLocked: int32(b.half(l.NMidleLocked)), IdlePs: int32(b.half(l.NPIdle)),
		Spinning: int32(b.half(l.NMSpinning)), NeedSpinning: b.half(l.NeedSpinning), SystemGs: int32(b.half(l.NGsys)),
		RunqSize: int32(b.half(l.RunqSize)), GCWaiting: b.flag(l.GCWaiting), StopWait: int32(b.half(l.StopWait)),
		SysmonWait: b.flag(l.SysmonWait),
	}
	if pidle := b.word(l.PIdle); pidle != 0 && !slices.ContainsFunc(rt.Ps, func(p P) bool { return p.Addr == pidle }) {
		return fmt.Errorf("%w: the idle processor at %#x is none of all", ErrNoRuntime, pidle)
	}
	if last := rt.Ms[len(rt.Ms)-1].ID; b.word(l.MNext) <= uint64(last) {
		return fmt.Errorf("%w: %d threads were created, but one has the number %d", ErrNoRuntime, b.word(l.MNext), last)
	}
	for g := b.word(l.RunqHead); g != 0; {
		if len(s.Runq) >= maxQueue {
			rt.problem("the global run queue does not end")
			break
		}
		s.Runq = append(s.Runq, g)
		next, err := readWord(rt.mem, g+uint64(rt.l.G.SchedLink))
		if err != nil {
			rt.problem("the global run queue breaks off: %v", err)
			break
		}
		g = next
	}
	if s.RunqSize >= 0 && len(s.Runq) != int(s.RunqSize) {
		rt.problem("the global run queue has %d goroutines, not %d", len(s.Runq), s.RunqSize)
	}
	rt.Sched = s
	return nil
}

// held says whether a runtime mutex is held, by its key.
func (rt *Runtime) held(key uint64) bool {
	if rt.l.Lock.Held != layout.NoStatus {
		return key&uint64(rt.l.Lock.Held) != 0
	}
	return uint32(key) == rt.l.Lock.Locked || uint32(key) == rt.l.Lock.LockedSleeping
}

// funcName returns the name of the function that begins at an address of the
// running program, "" if there is none.
func (rt *Runtime) funcName(pc uint64) string {
	if name, ok := rt.names[pc]; ok {
		return name
	}
	fn, err := rt.p.File.FuncAt(pc - rt.p.Bias)
	if err != nil {
		fn = gobin.Func{}
	}
	remember(rt.names, pc, fn.Name)
	return fn.Name
}

// remember keeps what was found out, for a program has few places. Memory that
// names a new one each time does not fill ours.
func remember[V any](m map[uint64]V, key uint64, v V) {
	if len(m) >= maxRemembered {
		clear(m)
	}
	m[key] = v
}
