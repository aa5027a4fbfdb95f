// Package inflight keeps the requests that a process is serving in memory that
// survives it, so that whoever outlives the process can say what it was doing,
// even after SIGKILL.
//
// The process calls [New], or [Open] for a table that its supervisor made with
// [Create], and then [Table.Enter] and [Slot.Leave] around each request. Whoever
// has the file, which [Table.File] hands on, calls [Read] when the process ended.
//
// The table is a cache of what is known, of fixed size: a request that finds no
// slot is counted and otherwise does without. Nothing here waits or locks.
//
// Of the 2 MB, up to four processors take 132 kB for 100 requests at once, and
// all of it in time for 1000 (TestMemory): pages are taken when they are needed.
// Up to 3500 requests at once all find a slot, of 4096 about 98 % (TestCapacity).
package inflight

import (
	"context"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"time"
	"unsafe"

	"github.com/backstop-go/backstop/event"
)

// An Entry is a request as the goroutine that enters it knows it.
type Entry struct {
	Method, Path, Route string
	// Traceparent is the header as it came, or a trace id. It is checked by
	// whoever reads it.
	Traceparent string
	RequestID   string

	// Start is when the request began, in nanoseconds of Unix time; now when 0.
	// A Child hands on what Find said of its request.
	Start int64
	// Child says that the goroutine does not serve the request: it was started
	// to work for it and ends after Leave.
	Child bool
	// Own says that this is not the request that the goroutine may be in
	// already, seen once more: that one makes room until Leave.
	Own bool

	// Live is the request itself, kept until Leave for Live and FindDone.
	Live *http.Request
	// Done is the Done channel of the request's context, for FindDone, where
	// there is no Live; it is not kept, only compared. Context.Done may make
	// the channel, so allocate.
	Done <-chan struct{}
}

// A Table is the writer's side. The zero value is of no use, nil is a table that
// holds nothing.
type Table struct {
	// owner says whose each slot is: the number of the goroutine while it is in,
	// the same negated when it has left and may come back, else 0. It decides;
	// what is in the slot follows. It is apart from the slots, so that looking
	// for one costs one line of the cache, and it is not shared, so that nobody
	// outside can confuse it.
	owner [slots]atomic.Int64
	// spilled counts the goroutines whose home is a bucket and that are in
	// elsewhere, for want of room.
	spilled [buckets]atomic.Int32
	live    [slots]atomic.Pointer[http.Request]
	// ctx are the contexts of the live ones, for others to look at. The request
	// itself they must not read: handlers write it anew (*r = *r.WithContext(c)).
	ctx [slots]sharedContext

	epoch uint32
	clock clock
	near  uint64 // homes are the buckets up to here, a power of two less one
	head  *header
	slots *[slots]slot
	file  *os.File
}

// Introduce tells who this process is and when it started, once: so a reader
// knows which process wrote the table when it is not its own child, and by which
// names that goes.
func (t *Table) Introduce(who *event.Evidence) {
	t.head.born.Store(who.Process.Start)
	n := (*names)(unsafe.Add(unsafe.Pointer(t.head), namesAt))
	n.length = uint32(copy(n.text[:], strings.Join([]string{who.Service, who.Release, who.Environment, who.Instance}, "\x00")))
	n.epoch.Store(t.epoch)
}

// File is the table's file, to be handed to the process that will read it. It
// stays open as long as the table is reachable.
func (t *Table) File() *os.File { return t.file }

// A goroutine whose home is full looks at this many more buckets, this far apart:
// the homes are together, and likely full as well.
const (
	window = 8
	stride = 61
)

// home returns the bucket a goroutine looks at first, and the next, with which
// its window begins. The window may include its home.
func (t *Table) home(gid int64) (home, begin uint64) {
	// Fibonacci hashing: Knuth, The Art of Computer Programming, vol. 3, 6.4.
	h := uint64(gid) * 0x9E3779B97F4A7C15
	return h >> 32 & t.near, h >> 48
}

func (t *Table) bucket(n uint64) *[ways]atomic.Int64 {
	return (*[ways]atomic.Int64)(t.owner[n%buckets*ways:])
}

// find returns the slot that the goroutine is in, or -1.
func (t *Table) find(gid int64) int {
	if t == nil || gid <= 0 {
		return -1
	}
	home, begin := t.home(gid)
	if at := t.in(home, gid); at >= 0 || t.spilled[home].Load() == 0 {
		return at
	}
	for n := begin; n < begin+window*stride; n += stride {
		if at := t.in(n, gid); at >= 0 {
			return at
		}
	}
	return -1
}

func (t *Table) in(n uint64, gid int64) int {
	for i, b := 0, t.bucket(n); i < ways; i++ {
		if b[i].Load() == gid {
			return int(n%buckets)*ways + i
		}
	}
	return -1
}

// claim takes a slot for a goroutine that is in none, -1 when there is no room.
func (t *Table) claim(gid int64) (at int) {
	home, begin := t.home(gid)
	if at = t.take(home, gid); at >= 0 {
		return at
	}
	t.spilled[home].Add(1)
	for n := begin; n < begin+window*stride && at < 0; n += stride {
		if n%buckets != home {
			at = t.take(n, gid)
		}
	}
	if at < 0 {
		t.spilled[home].Add(-1)
		t.head.overflow.Add(1)
	}
	return at
}

// take takes a free slot of bucket n: the one it had last, else an unused one,
// else that of the goroutine with the lowest number, which most likely has
// ended.
func (t *Table) take(n uint64, gid int64) (at int) {
	b := t.bucket(n)
	for {
		best, word := -1, int64(0)
		for i := range b {
			w := b[i].Load()
			if w == -gid {
				best, word = i, w
				break
			}
			if w <= 0 && (best < 0 || w > word) {
				best, word = i, w
			}
		}
		if best < 0 {
			return -1
		}
		if b[best].CompareAndSwap(word, gid) {
			return int(n%buckets)*ways + best
		} // else somebody was faster; there are seven more
	}
}

// Enter says that goroutine gid, the caller, serves or works for a request, until
// the Slot's Leave. A goroutine that is in already stays in with its outer
// request: that only learns the route from the inner one, if it has none, until
// the inner one leaves. But for a request of its own (Own, or any in a Child) the
// outer one makes room, and is back after Leave: a goroutine that a handler has
// started to receive messages serves each of these. Enter does not keep e.
//
// The Slot is the zero Slot, whose methods do nothing, when gid is 0, t is nil
// or there is no room; only the last is counted.
func (t *Table) Enter(gid int64, e *Entry) Slot {
	if t == nil || gid <= 0 {
		return Slot{}
	}
	var outer *outer
	at := t.find(gid)
	switch {
	case at >= 0 && !e.Own && t.slots[at].child == 0:
		return t.enterInner(at, gid, e)
	case at >= 0:
		outer = t.suspend(at)
	default:
		if at = t.claim(gid); at < 0 {
			return Slot{}
		}
	}
	s := &t.slots[at]
	g := s.state.Load()/generation + 1
	s.mark(g*generation | entering)
	s.gid, s.epoch, s.start, s.child = gid, t.epoch, e.Start, 0
	if e.Start == 0 {
		s.start = t.clock.now()
	}
	if e.Child {
		s.child = 1
	}
	s.done = identity(e.Done)
	s.write(e)
	if e.Live != nil || outer != nil {
		t.live[at].Store(e.Live)
		t.ctx[at].set(e.Live)
	}
	s.state.Store(g*generation | busy)
	return Slot{table: t, gid: gid, at: uint16(at), generation: g, outer: outer}
}

// enterInner notes what a request within one knows better.
func (t *Table) enterInner(at int, gid int64, e *Entry) Slot {
	s := &t.slots[at]
	in := Slot{table: t, gid: gid, at: uint16(at), generation: s.state.Load() / generation, inner: true}
	if s.length[route] == 0 && e.Route != "" {
		s.setRoute(e.Route)
		in.added = true
	}
	return in
}

// An outer is a request that makes room for one within it.
type outer struct {
	slot [slotSize]byte
	live *http.Request
	ctx  [2]unsafe.Pointer
}

func (t *Table) suspend(at int) *outer {
	return &outer{*(*[slotSize]byte)(unsafe.Pointer(&t.slots[at])), t.live[at].Load(), t.ctx[at].get()}
}

// resume puts the outer request back.
func (t *Table) resume(at uint16, o *outer) {
	s, old := &t.slots[at], (*slot)(unsafe.Pointer(o))
	s.mark(s.state.Load()&^modes | entering)
	state := old.state.Load()
	*(*[slotSize - 8]byte)(unsafe.Add(unsafe.Pointer(s), 8)) = [slotSize - 8]byte(o.slot[8:])
	t.live[at].Store(o.live)
	t.ctx[at].put(o.ctx)
	s.state.Store(state&^(generation-1) | (state+revision)&(generation-1))
}

// A Slot is what Enter returns for its Leave.
type Slot struct {
	table        *Table
	gid          int64
	generation   uint64
	at           uint16
	inner, added bool
	outer        *outer // what is back after Leave
}

// OK reports whether the request is in the table.
func (s Slot) OK() bool { return s.table != nil }

// holds reports whether the entry of this Slot is still in.
func (s *Slot) holds() bool {
	return s.table != nil && s.table.owner[s.at].Load() == s.gid &&
		s.table.slots[s.at].state.Load()/generation == s.generation
}

// Leave says that the request is served. It does nothing the second time.
func (s Slot) Leave() {
	if !s.holds() {
		return
	}
	t, it := s.table, &s.table.slots[s.at]
	if s.inner {
		if s.added {
			it.setRoute("")
		}
		return
	}
	if s.outer != nil {
		t.resume(s.at, s.outer)
		return
	}
	it.mark(s.generation * generation)
	if t.live[s.at].Load() != nil {
		t.live[s.at].Store(nil)
		t.ctx[s.at].data.Store(nil)
	}
	left := -s.gid
	if it.child != 0 {
		left = 0 // it will not come back
	}
	if home, _ := t.home(s.gid); uint64(s.at)/ways != home {
		left = 0 // it would not be looked for here
		t.spilled[home].Add(-1)
	}
	t.owner[s.at].Store(left)
}

// Live returns Entry.Live of goroutine gid, which must be the caller: others may
// read of it what nobody writes.
func (t *Table) Live(gid int64) *http.Request {
	if at := t.find(gid); at >= 0 {
		return t.live[at].Load()
	}
	return nil
}

// Find fills in the request that goroutine gid is in. The texts are clean as
// event.Clip makes them; Live and Done are not touched, and when it is not ok
// nothing is.
func (t *Table) Find(gid int64, e *Entry) (ok bool) {
	return t.get(t.find(gid), gid, busy, e)
}

// FindLeft is Find for a goroutine that is in no request now: it returns the last
// one, as long as nobody else has its slot.
func (t *Table) FindLeft(gid int64, e *Entry) (ok bool) {
	if t == nil || gid <= 0 {
		return false
	}
	home, _ := t.home(gid)
	return t.get(t.in(home, -gid), gid, idle, e)
}

func (t *Table) get(at int, gid int64, mode uint64, e *Entry) (ok bool) {
	var s slot
	return at >= 0 && t.copy(at, &s, mode) && s.gid == gid && s.entry(e)
}

func (s *slot) entry(e *Entry) bool {
	t, ok := s.split()
	if ok {
		e.Method, e.Traceparent, e.RequestID, e.Path, e.Route = t[method], t[traceparent], t[requestID], t[path], t[route]
		e.Start, e.Child = s.start, s.child != 0
	}
	return ok
}

// FindDone fills in the request whose context has this Done channel, and returns
// the goroutine that is in with it. It looks at every slot.
func (t *Table) FindDone(done <-chan struct{}, e *Entry) (gid int64, ok bool) {
	if t == nil || done == nil {
		return 0, false
	}
	var s slot
	for at := range t.owner {
		if t.owner[at].Load() > 0 && t.has(at, done) && t.copy(at, &s, busy) && t.has(at, done) {
			return s.gid, s.entry(e)
		}
	}
	return 0, false
}

func (t *Table) has(at int, done <-chan struct{}) bool {
	state := t.slots[at].state.Load()
	ctx := t.ctx[at].get()
	if t.slots[at].state.Load() != state || state&modes == entering {
		return false // the two words may be of two contexts
	}
	if ctx[1] != nil {
		return (*(*context.Context)(unsafe.Pointer(&ctx))).Done() == done
	}
	return t.slots[at].done == identity(done)
}

// A sharedContext is a context that one goroutine writes and others read: the two
// words of the interface (runtime/runtime2.go, iface). They belong together when
// the slot's state was the same before and after; data is nil when there is none.
type sharedContext struct{ table, data atomic.Pointer[byte] }

func (c *sharedContext) set(r *http.Request) {
	var ctx context.Context
	if r != nil {
		ctx = r.Context()
	}
	c.put(*(*[2]unsafe.Pointer)(unsafe.Pointer(&ctx)))
}

func (c *sharedContext) put(words [2]unsafe.Pointer) {
	c.table.Store((*byte)(words[0]))
	c.data.Store((*byte)(words[1]))
}

func (c *sharedContext) get() [2]unsafe.Pointer {
	return [2]unsafe.Pointer{unsafe.Pointer(c.table.Load()), unsafe.Pointer(c.data.Load())}
}

// identity is the address of a channel, which stays while the channel does.
func identity(done <-chan struct{}) uint64 {
	return uint64(*(*uintptr)(unsafe.Pointer(&done)))
}

// tries is how often a slot is read that changes meanwhile.
const tries = 4

// copy copies a slot while it is in this mode and nobody changes it.
//
//go:noinline
func (t *Table) copy(at int, out *slot, mode uint64) bool {
	s := &t.slots[at]
	for try := 0; try < tries; try++ {
		state := s.state.Load()
		*(*[slotSize]byte)(unsafe.Pointer(out)) = *(*[slotSize]byte)(unsafe.Pointer(s))
		if s.state.Load() == state && state&modes == mode {
			return true
		}
	}
	return false
}

// A clock tells the time by the monotonic clock, which takes half of what
// time.Now does, and compares that with the wall clock once a second.
type clock struct {
	base         time.Time
	synced, wall atomic.Int64 // since base; what to add for Unix time
}

func (c *clock) now() int64 {
	since := int64(time.Since(c.base))
	if since-c.synced.Load() > int64(time.Second) || c.wall.Load() == 0 {
		c.wall.Store(time.Now().UnixNano() - since)
		c.synced.Store(since)
	}
	return since + c.wall.Load()
}
