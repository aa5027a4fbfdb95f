package inflight

import (
	"encoding/binary"
	"math"
	"sync/atomic"
	"unicode/utf8"
	"unsafe"

	"github.com/backstop-go/backstop/event"
)

// The table is one file: a page with the header, then the slots. All of it is in
// the byte order of the machine, on which it is also read.
const (
	version  = 1
	ways     = 8   // slots that a goroutine looks at together
	buckets  = 512 // a power of two
	slots    = buckets * ways
	slotSize = 512
	pageSize = ways * slotSize
	fileSize = pageSize + slots*slotSize
	textSize = slotSize - 52

	headerSize = int(unsafe.Sizeof(header{}))
)

// lowByte is where the lowest bits of a word are in its memory.
var lowByte = 7 * int(binary.NativeEndian.Uint16([]byte{0, 1})&1)

type header struct {
	shape shape
	// writer is the epoch, which counts writers, and below it the pid of the
	// process that writes, 0 while there is none. Slots of other epochs are
	// void: a table is emptied by a new epoch.
	writer   atomic.Uint64
	overflow atomic.Uint64 // requests that found no slot
	born     atomic.Uint64 // when the writer started, as event.Process.Start has it; 0 unknown
}

// A shape is what a reader and a writer have to agree on.
type shape struct {
	magic                    [8]byte
	version, slots, slotSize uint32
}

var here = shape{[8]byte{'B', 'k', 's', 't', 'o', 'p', 'I', 'F'}, version, slots, slotSize}

const epoch = 1 << 32

// A slot is one goroutine's request.
//
// The state tells a reader in another process what it has before it. The writer
// owns the slot, stores the rest, then the state: a generation, a revision and a
// mode. Whoever reads and finds the same state afterwards has read one entry.
type slot struct {
	_      [0]func() // not comparable: the compiler would make code for it
	state  atomic.Uint64
	gid    int64
	start  int64 // Unix time in nanoseconds
	done   uint64
	epoch  uint32
	served uint32
	child  uint16
	length [texts]uint16
	text   [textSize]byte // one after the other
}

// The file is read by another process, so its layout must not change unnoticed.
var _ = [1]struct{}{}[unsafe.Sizeof(slot{})-slotSize]

// Modes.
const (
	idle    = 0
	busy    = 1
	writing = 2 // the route is being written, the rest holds
	modes   = 3

	revision   = 1 << 2  // counts changes of one entry
	generation = 1 << 16 // counts entries
)

// The texts of a slot, in their order. The route is the last, for it may change.
const (
	method = iota
	traceparent
	requestID
	path
	route
	texts
)

var limits = [texts]int{event.MaxMethod, maxTraceparent, event.MaxRequestID, event.MaxPath, event.MaxRoute}

// What texts are cut to when not all of it fits; the path gets the rest.
const (
	maxTraceparent = 56 // enough to tell a malformed one
	fullID         = 64
	fullRoute      = 128
	lateRoute      = 64 // kept free for a route that comes later
)

// write fills in the texts.
func (s *slot) write(e *Entry) {
	t := [texts]string{e.Method, e.Traceparent, e.RequestID, e.Path, e.Route}
	room := textSize
	for i := range t {
		t[i] = clip(t[i], limits[i])
		room -= len(t[i])
	}
	if room < lateRoute && t[route] == "" || room < 0 {
		t[requestID], t[route] = clip(t[requestID], fullID), clip(t[route], fullRoute)
		t[path] = clip(t[path], textSize-len(t[method])-len(t[traceparent])-len(t[requestID])-max(len(t[route]), lateRoute))
	}
	n := 0
	for i := range t {
		s.length[i] = uint16(len(t[i]))
		n += copy(s.text[n:], t[i])
	}
}

// clip cuts s between characters.
func clip(s string, limit int) string {
	if len(s) > limit {
		s = cut(s, limit)
	}
	return s
}

//go:noinline
func cut(s string, limit int) string {
	for limit > 0 && !utf8.RuneStart(s[limit]) {
		limit--
	}
	return s[:limit]
}

// setRoute changes the route of an entry; "" takes it away.
func (s *slot) setRoute(to string) {
	at := 0
	for _, n := range s.length[:route] {
		at += int(n)
	}
	to = clip(to, min(event.MaxRoute, textSize-at))
	state := s.state.Load()
	s.state.Store(state&^modes | writing)
	s.length[route] = uint16(copy(s.text[at:], to))
	s.state.Store(state&^(generation-1) | (state+revision)&(generation-1))
}

// valid reports whether a slot that was read can be an entry.
func (s *slot) valid() bool { return s.state.Load()&modes != idle && s.fits() }

// fits reports whether it can be one, or have been one.
func (s *slot) fits() bool {
	n := 0
	for _, l := range s.length {
		n += int(l)
	}
	return n <= textSize && s.gid > 0
}

// split returns the texts of a slot that is valid, clean.
func (s *slot) split() (t [texts]string) {
	at := 0
	for i, l := range s.length {
		t[i] = event.Clip(string(s.text[at:at+int(l)]), limits[i])
		at += int(l)
	}
	return t
}

func (s *slot) count() int { return int(min(s.served, math.MaxInt32)) }
