package crash

import (
	"strings"
	"sync"
)

// A kit is what a Reader works with. It is used again by later Readers, so that
// a short text costs no more than its report: a program that reads many crashes
// mostly reads the same ones.
type kit struct {
	buf     []byte
	scanner scanner
	names   namer
	scratch []byte
	zone    holder // for the beginning of a crash
	starts  [knownLines]int64
	idle    *draft // one that is not in use
}

// maxKitBuffer bounds the buffer that a kit keeps, in bytes.
const maxKitBuffer = 1 << 20

var kits = sync.Pool{New: func() any {
	k := &kit{buf: make([]byte, firstBuffer)}
	k.scanner.spare = make([]Frame, 0, spareFrames)
	return k
}}

// Most reports are put together in these and copied when they are whole, so that
// they are no larger than they have to be.
const (
	spareGoroutines = 32
	spareFrames     = 256
)

// draft returns an empty draft.
func (k *kit) draft() *draft {
	d := k.idle
	if k.idle = nil; d == nil {
		return &draft{spare: make([]Goroutine, spareGoroutines)}
	}
	clear(d.spare)
	clear(d.links)
	*d = draft{spare: d.spare, links: d.links[:0], starts: d.starts[:0]}
	return d
}

// own copies the report out of the draft.
func (d *draft) own() *Report {
	r := new(Report)
	*r = d.report
	if n := len(r.Goroutines); n <= len(d.spare) || cap(r.Goroutines) > 2*n {
		r.Goroutines = append(make([]Goroutine, 0, n), r.Goroutines...)
	}
	// Which frames stand in the spare block is not known, but that they are
	// those of the first goroutines.
	n, last := 0, 0
	for last < len(r.Goroutines) && n+len(r.Goroutines[last].Frames) <= spareFrames {
		n += len(r.Goroutines[last].Frames)
		last++
	}
	frames := make([]Frame, 0, n)
	for i := range r.Goroutines[:last] {
		g := &r.Goroutines[i]
		if from := len(frames); len(g.Frames) > 0 {
			frames = append(frames, g.Frames...)
			g.Frames = frames[from:len(frames):len(frames)]
		}
	}
	return r
}

// takeKit gives the Reader its kit.
func (r *Reader) takeKit() {
	if r.job.kit != nil {
		return
	}
	r.job.kit = kits.Get().(*kit)
	r.lines.buf, r.asm.scratch = r.job.kit.buf, r.job.kit.scratch
	r.lines.starts = &r.job.kit.starts
	r.job.kit.scanner.free = r.job.kit.scanner.spare
}

// returnKit is called when nothing is left to read.
func (r *Reader) returnKit() {
	k := r.job.kit
	if k == nil {
		return
	}
	r.job.kit = nil
	k.buf, k.scratch = r.lines.buf, r.asm.scratch
	r.lines.buf, r.asm.scratch = nil, nil
	r.lines.start, r.lines.end = 0, 0
	if len(k.buf) <= maxKitBuffer {
		k.scanner.restart()
		kits.Put(k)
	}
}

// A namer copies texts into strings, the same string for the same text while it
// remembers: names and files repeat.
type namer struct {
	known [nameSlots]string
	arena arena
}

const nameSlots = 1 << 9

func (n *namer) name(b []byte) string {
	if len(b) == 0 {
		return ""
	}
	slot := &n.known[slotOf(b, b)%nameSlots]
	if *slot == string(b) {
		return *slot
	}
	s := n.arena.add(b)
	if len(b) <= maxSiteText {
		*slot = s
	}
	return s
}

// An arena keeps many short strings in few blocks.
type arena struct {
	b    strings.Builder
	size int // of the last block
}

const (
	firstArena = 1 << 10
	lastArena  = 64 << 10
)

// add copies b. What strings.Builder has handed out it never writes again, and
// it never moves while there is room.
func (a *arena) add(b []byte) string {
	if a.b.Cap()-a.b.Len() < len(b) {
		a.size = min(max(2*a.size, firstArena), lastArena)
		a.b = strings.Builder{}
		a.b.Grow(max(a.size, len(b)))
	}
	n := a.b.Len()
	a.b.Write(b)
	return a.b.String()[n:]
}
