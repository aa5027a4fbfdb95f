package gobin

import "encoding/binary"

// OpenDefers says where a frame of a function keeps what it has deferred, when it
// keeps that in its frame and not in the list of the goroutine. Offsets are how far
// below the saved frame pointer it stands (varp of runtime/traceback.go).
type OpenDefers struct {
	// Bits is where the byte stands that has a bit for each defer statement whose
	// call is pending.
	Bits uint64
	// Slots are where the closures stand, that of the lowest bit first.
	Slots []uint64
}

const (
	funcdataOpenDefers = 4 // internal/abi/symtab.go, FUNCDATA_OpenCodedDeferInfo
	maxOpenDefers      = 8 // cmd/compile/internal/walk: one byte has their bits
	maxFrameOffset     = 1 << 24
)

// OpenDefers returns them for the function at pc, false when it has none
// (runtime/panic.go, initOpenCodedDefers; up to Go 1.21 runOpenDeferFrame).
func (f *File) OpenDefers(pc uint64) (d OpenDefers, ok bool) {
	t := f.t
	if f.knowsTypes() != nil || t.magic != magic120 {
		return d, false
	}
	r := t.reader()
	i, err := t.search(&r.ftab, pc)
	if err != nil {
		return d, false
	}
	rec, err := r.record(i)
	if err != nil || rec.datas <= funcdataOpenDefers {
		return d, false
	}
	b, err := r.funcs.at(rec.data+4*funcdataOpenDefers, 4)
	if err != nil || t.order.Uint32(b) == ^uint32(0) {
		return d, false
	}
	const longest = (2 + maxOpenDefers) * binary.MaxVarintLen32
	at := t.gofunc + uint64(t.order.Uint32(b))
	if b, err = r.trees.at(at, longest); err != nil {
		if b, err = r.trees.from(at, longest); err != nil { // the last ones of the data
			return d, false
		}
	}
	next := func() uint64 {
		v, n := binary.Uvarint(b)
		if ok = ok && n > 0 && v <= maxFrameOffset; ok {
			b = b[n:]
		}
		return v
	}
	ok = true
	d.Bits = next()
	if t.release >= 22 {
		first := next()
		for i := uint64(0); ok && i < maxOpenDefers && i*t.ptr < first; i++ {
			d.Slots = append(d.Slots, first-i*t.ptr)
		}
		return d, ok
	}
	n := next()
	if n > maxOpenDefers {
		return d, false
	}
	d.Slots = make([]uint64, n)
	for i := range d.Slots {
		d.Slots[len(d.Slots)-1-i] = next() // the last one stands first
	}
	return d, ok
}
