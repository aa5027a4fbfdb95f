package inflight

import (
	"encoding/binary"
	"sync/atomic"
	"unsafe"
)

// The table is one file: a page with the header, then the slots. All of it is in
// the byte order of the machine, on which it is also read.
const (
	version  = 1
	ways     = 8   // slots that a goroutine looks at together
	buckets  = 512 // a power of two
	slots    = buckets * ways
	slotSize = 512 // ways*slotSize is a page
	pageSize = 4096
	fileSize = pageSize + slots*slotSize
	textSize = slotSize - 48

	headerSize = int(unsafe.Sizeof(header{}))
)

// lowByte is where the lowest bits of a word are in its memory.
var lowByte = 7 * int(binary.NativeEndian.Uint16([]byte{0, 1})&1)

var magic = [8]byte{'B', 'k', 's', 't', 'o', 'p', 'I', 'F'}

type header struct {
	magic    [8]byte
	version  uint32
	slots    uint32
	slotSize uint32
	_        uint32
	pid      atomic.Int64  // the process that writes, 0 while there is none
	overflow atomic.Uint64 // requests that found no slot
}

// fits reports whether this is the header of a table as made here.
func (h *header) fits() bool {
	return h.magic == magic && h.version == version && h.slots == slots && h.slotSize == slotSize
}

// A slot is one goroutine's request. Its text is method, traceparent, request
// id, path and route, one after the other.
//
// The state tells a reader in another process what it has before it: first the
// owner, then plain stores of the rest, then the state. It is a generation, a
// revision and a mode; whoever reads and finds the same state afterwards has
// read one entry.
type slot struct {
	state  atomic.Uint64
	gid    int64
	start  int64 // Unix time in nanoseconds
	done   uint64
	served uint32
	child  uint8
	method uint8 // lengths
	trace  uint8
	id     uint8
	path   uint16
	route  uint16
	_      uint32
	text   [textSize]byte
}

// The file is read by another process, so its layout must not change unnoticed.
var (
	_ = [1]struct{}{}[unsafe.Sizeof(slot{})-slotSize]
	_ = [1]struct{}{}[pageSize-ways*slotSize]
)

// Modes.
const (
	idle    = 0
	busy    = 1
	writing = 2 // the route is being written, the rest holds
	modes   = 3

	revision   = 1 << 2  // counts changes of one entry
	generation = 1 << 16 // counts entries
)

// strings returns where the parts of the text are; ok is false when the lengths
// cannot be right.
func (s *slot) strings() (p [6]int, ok bool) {
	for i, n := range [...]int{int(s.method), int(s.trace), int(s.id), int(s.path), int(s.route)} {
		p[i+1] = p[i] + n
	}
	return p, p[5] <= textSize
}
