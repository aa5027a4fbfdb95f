package inflight

import (
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
	textSize = slotSize - 52 - maxRoute // but the route

	headerSize = int(unsafe.Sizeof(header{}))
	namesAt    = pageSize / 2 // in the page of the header
)

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

// Names are who the writer is. They are not of the header, which is also what a
// dump begins with: whoever sends that says who it is anyway, and whoever makes
// tables without names, or reads them so, goes on doing it.
type names struct {
	epoch  atomic.Uint32 // of the writer whose names they are; then they do not change
	length uint32
	text   [4*maxName + 3]byte // service, release, environment, instance, with NUL between
}

// maxName is what a name is cut to.
const maxName = 256

var _ = [pageSize - namesAt]struct{}{}[unsafe.Sizeof(names{})]

// A slot is one goroutine's request.
//
// The state tells a reader in another process what it has before it. The writer
// owns the slot, stores the state, the rest, and the state again: a generation, a
// revision and a mode. Whoever reads and finds the same state afterwards has read
// one entry.
type slot struct {
	_      [0]func() // not comparable: the compiler would make code for it
	state  atomic.Uint64
	gid    int64
	start  int64 // Unix time in nanoseconds
	done   uint64
	epoch  uint32
	_      uint32
	child  uint16
	length [texts]uint16
	text   [textSize]byte // one after the other, but the route
	route  [maxRoute]byte // for it may change
}

// The file is read by another process, so its layout must not change unnoticed.
var _ = [1]struct{}{}[unsafe.Sizeof(slot{})-slotSize]

// Modes.
const (
	idle     = 0 // what is there has left
	busy     = 1
	writing  = 2 // the route is being written, the rest holds
	entering = 3 // nothing holds
	modes    = 3

	revision   = 1 << 2  // counts changes of one entry
	generation = 1 << 16 // counts entries
)

// The texts of a slot, in their order.
const (
	method = iota
	traceparent
	requestID
	path
	route
	texts
)

// What the texts are cut to. The path gets what the others leave of textSize.
const (
	maxTraceparent = 56 // enough to tell a malformed one
	maxRequestID   = 96
	maxRoute       = 128
)

var limits = [texts]int{event.MaxMethod, maxTraceparent, maxRequestID, event.MaxPath, maxRoute}

// write fills in the texts.
func (s *slot) write(e *Entry) {
	room := s.text[:]
	for i, t := range [...]string{e.Method, e.Traceparent, e.RequestID, e.Path} {
		room = room[s.put(i, room, t):]
	}
	s.put(route, s.route[:], e.Route)
}

// put writes the beginning of a text to where there is room for it.
func (s *slot) put(text int, room []byte, t string) int {
	n := copy(room, clip(t, min(limits[text], len(room))))
	s.length[text] = uint16(n)
	return n
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

// mark stores a state as plainly as the rest. That is enough for who reads after
// the end of the process, which has done its stores one after the other.
func (s *slot) mark(state uint64) { *(*uint64)(unsafe.Pointer(&s.state)) = state }

// setRoute changes the route of an entry; "" takes it away.
func (s *slot) setRoute(to string) {
	state := s.state.Load()
	s.state.Store(state&^modes | writing)
	s.put(route, s.route[:], to)
	s.state.Store(state&^(generation-1) | (state+revision)&(generation-1))
}

// split returns the texts of a slot, clean. ok is false when it cannot be an
// entry.
func (s *slot) split() (t [texts]string, ok bool) {
	room := s.text[:]
	for i, n := range s.length {
		if i == route {
			room = s.route[:]
		}
		if int(n) > len(room) {
			return t, false
		}
		t[i] = event.Clip(string(room[:n]), limits[i])
		room = room[n:]
	}
	return t, s.gid > 0
}
