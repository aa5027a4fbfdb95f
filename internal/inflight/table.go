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
package inflight

import (
	"os"
	"sync/atomic"
	"time"
	"unicode/utf8"
	"unsafe"

	"github.com/backstop-go/backstop/event"
)

// An Entry is a request as the goroutine that enters it knows it.
type Entry struct {
	Method, Path, Route string
	// Traceparent is the header as it came. It is checked by whoever reads it.
	Traceparent string
	RequestID   string

	// Start is when the request began, in nanoseconds of Unix time; now when 0.
	// A Child hands on what Find said of its request.
	Start int64
	// Child says that the goroutine does not serve the request: it was started
	// to work for it and ends after Leave.
	Child bool
	// Done is the Done channel of the request's context, for FindDone; it is
	// not kept, only compared.
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
	owner [buckets][ways]atomic.Int64
	// spilled counts the goroutines whose home is a bucket and that are in
	// elsewhere, for want of room.
	spilled [buckets]atomic.Int32
	// forgotten is the highest number of a goroutine whose home is a bucket and
	// whose count of requests was given up for another's sake.
	forgotten [buckets]atomic.Int64
	// live belongs to the goroutine that owns the slot.
	live [slots]any

	near  uint64 // homes are the buckets up to here, a power of two less one
	head  *header
	slots *[slots]slot
	file  *os.File
}

// File is the table's file, to be handed to the process that will read it. It
// stays open as long as the table is reachable.
func (t *Table) File() *os.File { return t.file }

// on makes the table of a mapped file.
func on(f *os.File, memory []byte, processors int) *Table {
	t := &Table{
		file:  f,
		head:  (*header)(unsafe.Pointer(&memory[0])),
		slots: (*[slots]slot)(unsafe.Pointer(&memory[pageSize])),
	}
	// A bucket's slots are one page. Few homes touch little memory; with many
	// processors they would contend for them.
	homes := 32
	for homes < 8*processors && homes < buckets {
		homes *= 2
	}
	t.near = uint64(homes - 1)
	return t
}

func hash(gid int64) uint64 {
	// Fibonacci hashing: Knuth, The Art of Computer Programming, vol. 3, 6.4.
	return uint64(gid) * 0x9E3779B97F4A7C15 >> 20
}

// window is how many buckets a goroutine looks at when its home is full.
const window = 8

// elsewhere returns the i-th bucket of its window; it may be its home.
func elsewhere(h uint64, i int) uint64 { return (h>>12 + uint64(i)) % buckets }

// find returns the slot that the goroutine is in, or -1.
func (t *Table) find(gid int64) int {
	h := hash(gid)
	home := h & t.near
	if i := t.in(home, gid); i >= 0 {
		return i
	}
	if t.spilled[home].Load() > 0 {
		for i := 0; i < window; i++ {
			if i := t.in(elsewhere(h, i), gid); i >= 0 {
				return i
			}
		}
	}
	return -1
}

func (t *Table) in(bucket uint64, gid int64) int {
	b := &t.owner[bucket]
	for i := range b {
		if b[i].Load() == gid {
			return int(bucket)*ways + i
		}
	}
	return -1
}

// claim takes a slot for a goroutine that is in none. served is the number of
// this request among those of the goroutine, 0 when that is not known.
func (t *Table) claim(gid int64) (at int, served uint32) {
	h := hash(gid)
	home := h & t.near
	if at, served = t.take(home, home, gid); at >= 0 {
		return at, served
	}
	t.spilled[home].Add(1)
	for i := 0; i < window; i++ {
		b := elsewhere(h, i)
		if b == home {
			continue
		}
		if at, served = t.take(b, home, gid); at >= 0 {
			return at, served
		}
	}
	t.spilled[home].Add(-1)
	t.head.overflow.Add(1)
	return -1, 0
}

// take takes a free slot of a bucket: the one it had last, else an unused one,
// else that of the goroutine with the lowest number, which most likely has
// ended.
func (t *Table) take(bucket, home uint64, gid int64) (at int, served uint32) {
	b := &t.owner[bucket]
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
			return -1, 0
		}
		if !b[best].CompareAndSwap(word, gid) {
			continue // somebody was faster; there are seven more
		}
		at = int(bucket)*ways + best
		switch {
		case word == -gid:
			if n := t.slots[at].served; n > 0 {
				served = n + 1
			}
			return at, served
		case word < 0:
			t.forget(-word)
		}
		if gid > t.forgotten[home].Load() {
			served = 1 // it cannot have been here before
		}
		return at, served
	}
}

// forget notes that nobody knows any more how many requests a goroutine served.
func (t *Table) forget(gid int64) {
	highest := &t.forgotten[hash(gid)&t.near]
	for {
		h := highest.Load()
		if h >= gid || highest.CompareAndSwap(h, gid) {
			return
		}
	}
}

// Enter says that goroutine gid, the caller, serves or works for a request, until
// the Slot's Leave. A goroutine that is in already stays in with its outer
// request: that only learns the route from the inner one, if it has none, until
// the inner one leaves. Enter does not keep e.
//
// The Slot is the zero Slot, whose methods do nothing, when gid is 0, t is nil
// or there is no room; only the last is counted.
func (t *Table) Enter(gid int64, e *Entry) Slot {
	if t == nil || gid <= 0 {
		return Slot{}
	}
	if at := t.find(gid); at >= 0 {
		return t.enterInner(gid, at, e)
	}
	at, served := t.claim(gid)
	if at < 0 {
		return Slot{}
	}
	s := &t.slots[at]
	s.gid, s.served = gid, served
	s.start = e.Start
	if s.start == 0 {
		s.start = time.Now().UnixNano()
	}
	s.done = identity(e.Done)
	s.child = 0
	if e.Child {
		s.child = 1
	}
	s.write(e)
	state := s.state.Load()&^(generation-1) + generation | busy
	s.state.Store(state)
	return Slot{table: t, gid: gid, at: int32(at), generation: state / generation}
}

// Limits of the text, where not all of it fits.
const (
	maxTraceparent = 56 // enough to tell a malformed one
	fullID         = 64
	fullRoute      = 128
	lateRoute      = 64 // kept free for a route that comes later
)

// write fills in the text. What does not fit is cut, the path last.
func (s *slot) write(e *Entry) {
	room := textSize
	method := clip(e.Method, event.MaxMethod)
	trace := clip(e.Traceparent, maxTraceparent)
	room -= len(method) + len(trace)
	id, path, route := clip(e.RequestID, event.MaxRequestID), clip(e.Path, event.MaxPath), clip(e.Route, event.MaxRoute)
	reserved := 0
	if route == "" {
		reserved = lateRoute
	}
	if len(id)+len(path)+len(route)+reserved > room {
		id, route = clip(id, fullID), clip(route, fullRoute)
		path = clip(path, room-len(id)-len(route)-reserved)
	}
	s.method, s.trace, s.id, s.path, s.route = uint8(len(method)), uint8(len(trace)), uint8(len(id)), uint16(len(path)), uint16(len(route))
	n := copy(s.text[:], method)
	n += copy(s.text[n:], trace)
	n += copy(s.text[n:], id)
	n += copy(s.text[n:], path)
	copy(s.text[n:], route)
}

// clip cuts s between characters.
func clip(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	for limit > 0 && !utf8.RuneStart(s[limit]) {
		limit--
	}
	return s[:limit]
}

// setRoute changes the route of the entry in a slot; "" takes it away.
func (s *slot) setRoute(route string) {
	p, _ := s.strings()
	route = clip(route, min(event.MaxRoute, textSize-p[4]))
	state := s.state.Load()
	s.state.Store(state&^modes | writing)
	copy(s.text[p[4]:], route)
	s.route = uint16(len(route))
	next := (state + revision) & (generation - 1)
	s.state.Store(state&^(generation-1) | next&^modes | busy)
}

func (t *Table) enterInner(gid int64, at int, e *Entry) Slot {
	s := &t.slots[at]
	in := Slot{table: t, gid: gid, at: int32(at), generation: s.state.Load() / generation, inner: true}
	if s.route == 0 && e.Route != "" {
		s.setRoute(e.Route)
		in.added = true
	}
	return in
}

// A Slot is what Enter returns for its Leave.
type Slot struct {
	table        *Table
	gid          int64
	generation   uint64
	at           int32
	inner, added bool
}

// OK reports whether the request is in the table.
func (s Slot) OK() bool { return s.table != nil }

// holds reports whether the entry of this Slot is still in.
func (s Slot) holds() bool {
	return s.table != nil &&
		s.table.owner[s.at/ways][s.at%ways].Load() == s.gid &&
		s.table.slots[s.at].state.Load()/generation == s.generation
}

// Leave says that the request is served. It does nothing the second time.
func (s Slot) Leave() {
	if !s.holds() {
		return
	}
	t := s.table
	it := &t.slots[s.at]
	if s.inner {
		if s.added {
			it.setRoute("")
		}
		return
	}
	it.state.Store(s.generation * generation)
	t.live[s.at] = nil
	owner := &t.owner[s.at/ways][s.at%ways]
	home := hash(s.gid) & t.near
	switch {
	case uint64(s.at)/ways != home:
		// It would not be looked for here.
		t.forget(s.gid)
		owner.Store(0)
		t.spilled[home].Add(-1)
	case it.child != 0:
		owner.Store(0) // these end
	default:
		owner.Store(-s.gid)
	}
}

// SetLive keeps v with the request until Leave, for Live. An inner Slot keeps
// what the outer one has.
func (s Slot) SetLive(v any) {
	if !s.inner && s.holds() {
		s.table.live[s.at] = v
	}
}

// Live returns what SetLive keeps for goroutine gid, which must be the caller.
func (t *Table) Live(gid int64) any {
	if t == nil || gid <= 0 {
		return nil
	}
	if at := t.find(gid); at >= 0 {
		return t.live[at]
	}
	return nil
}

// Find returns the request that goroutine gid is in, and which one of the
// goroutine's that is (0 when unknown). The texts are clean as event.Clip makes
// them; Done is nil.
func (t *Table) Find(gid int64) (e Entry, served int, ok bool) {
	if t == nil || gid <= 0 {
		return Entry{}, 0, false
	}
	at := t.find(gid)
	if at < 0 {
		return Entry{}, 0, false
	}
	var s slot
	if !t.snapshot(at, &s) || s.gid != gid {
		return Entry{}, 0, false
	}
	return s.entry(), count(s.served), true
}

// FindDone returns the request whose context has this Done channel, and the
// goroutine that is in with it: the one that serves it if there are several. It
// looks at every slot.
func (t *Table) FindDone(done <-chan struct{}) (e Entry, gid int64, ok bool) {
	if t == nil || done == nil {
		return Entry{}, 0, false
	}
	var s slot
	for at := 0; at < slots; at++ {
		if t.owner[at/ways][at%ways].Load() <= 0 || t.slots[at].done != identity(done) {
			continue
		}
		if t.snapshot(at, &s) && s.done == identity(done) {
			e, gid, ok = s.entry(), s.gid, true
			if s.child == 0 {
				break
			}
		}
	}
	return e, gid, ok
}

// identity is the address of a channel, which stays while the channel does.
func identity(done <-chan struct{}) uint64 {
	return uint64(*(*uintptr)(unsafe.Pointer(&done)))
}

// snapshot copies a slot while nobody changes it.
func (t *Table) snapshot(at int, out *slot) bool {
	s := &t.slots[at]
	for try := 0; try < tries; try++ {
		state := s.state.Load()
		if state&modes != busy {
			continue
		}
		*(*[slotSize]byte)(unsafe.Pointer(out)) = *(*[slotSize]byte)(unsafe.Pointer(s))
		if s.state.Load() == state {
			_, ok := out.strings()
			return ok
		}
	}
	return false
}

// tries is how often one slot is read when it changes meanwhile.
const tries = 4
