package crash

import "sync"

// A kit is what a Reader works with. It is used again by later Readers, so that
// a short text costs no more than its report: a program that reads many crashes
// mostly reads the same ones.
type kit struct {
	buf     []byte
	scanner scanner
	names   namer
	scratch []byte
}

// maxKitBuffer bounds the buffer that a kit keeps, in bytes.
const maxKitBuffer = 1 << 20

var kits = sync.Pool{New: func() any { return &kit{buf: make([]byte, firstBuffer)} }}

// takeKit gives the Reader its kit.
func (r *Reader) takeKit() {
	if r.job.kit != nil {
		return
	}
	r.job.kit = kits.Get().(*kit)
	r.lines.buf, r.asm.scratch = r.job.kit.buf, r.job.kit.scratch
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
