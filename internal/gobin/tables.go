package gobin

import (
	"bytes"
	"errors"
	"fmt"
)

// tables read what moduledata points to. Everything read is checked, for a
// crafted table may say anything.
type tables struct {
	*image
	module
	release int  // minor release, -1 when unknown
	oldMaps bool // built with GOEXPERIMENT=noswissmap
}

// A record is one runtime._func (runtime/runtime2.go): what the linker knows of
// a function that has code.
type record struct {
	index      uint64 // in the function table
	entry, end uint64
	name       uint32 // offset in names
	pcsp       uint32 // offsets in pcs
	pcfile     uint32
	pcln       uint32
	inline     uint32 // table of indexes into the inline tree; 0 if there is none
	tree       uint64 // address of the inline tree; 0 if there is none
	data       uint64 // address of the offsets of its function data
	datas      uint64 // how many there are
	unit       uint32 // index in units of the first file
	startLine  int32
	args       int32 // bytes of arguments on the stack
	id, flags  uint8
}

// Indexes of internal/abi/symtab.go and runtime/symtab.go before.
const (
	pcdataInlineIndex  = 2 // PCDATA_InlTreeIndex
	funcdataInlineTree = 3 // FUNCDATA_InlTree
)

// address turns an offset in the text, as the linker first laid it out, into an
// address (runtime/symtab.go, moduledata.textAddr).
func (t *tables) address(off uint64) uint64 {
	if len(t.sections) > 1 {
		for i, s := range t.sections {
			if s.start <= off && (off < s.end || i == len(t.sections)-1 && off == s.end) {
				return s.base + off - s.start
			}
		}
	}
	return t.text + off
}

// entry reads entry i of the function table: the address where function i
// begins and where its record stands. Entry nfunc is the end of the last.
func (t *tables) entry(w *window, i uint64) (pc, rec uint64, err error) {
	if t.magic == magic116 {
		at := t.funcs.addr + i*2*t.ptr
		b, err := w.at(at, 2*t.ptr)
		if err != nil && i == t.nfunc {
			b, err = w.at(at, t.ptr) // the last has no record
		}
		if err != nil {
			return 0, 0, err
		}
		if i < t.nfunc {
			rec = t.word(b[t.ptr:])
		}
		pc, err = t.fix.apply(at, t.word(b))
		return pc, t.funcs.addr + rec, err
	}
	n := uint64(8)
	if i == t.nfunc {
		n = 4
	}
	b, err := w.at(t.funcs.addr+8*i, n)
	if err != nil {
		return 0, 0, err
	}
	if n == 8 {
		rec = uint64(t.order.Uint32(b[4:]))
	}
	return t.address(uint64(t.order.Uint32(b))), t.funcs.addr + rec, nil
}

// search returns the index of the function that pc is in.
func (t *tables) search(w *window, pc uint64) (uint64, error) {
	if pc < t.minpc || pc >= t.maxpc {
		return 0, ErrNotFound
	}
	low, high := uint64(0), t.nfunc // entry(low) <= pc < entry(high)
	for high-low > 1 {
		mid := low + (high-low)/2
		at, _, err := t.entry(w, mid)
		if err != nil {
			return 0, &CorruptError{"function table", err}
		}
		if at <= pc {
			low = mid
		} else {
			high = mid
		}
	}
	return low, nil
}

// A reader holds a window for each table that is read in step with the others.
type reader struct {
	t                              *tables
	ftab, funcs, pcs, units, trees window
	budget                         int // bytes of pc tables that may still be decoded
}

// reader returns a reader for a question about one address.
func (t *tables) reader() *reader {
	w := window{m: t.image}
	return &reader{t: t, ftab: w, funcs: w, pcs: w, units: w, trees: w, budget: maxTable}
}

// record reads the record of function i.
func (r *reader) record(i uint64) (record, error) {
	rec, err := r.readRecord(i)
	if err != nil {
		return rec, &CorruptError{fmt.Sprintf("record of function %d", i), err}
	}
	return rec, nil
}

func (r *reader) readRecord(i uint64) (record, error) {
	t := r.t
	f := record{index: i}
	var at uint64
	var err error
	if f.entry, at, err = t.entry(&r.ftab, i); err != nil {
		return f, err
	}
	if f.end, _, err = t.entry(&r.ftab, i+1); err != nil {
		return f, err
	}
	if f.entry < t.minpc || f.end < f.entry || f.end > t.maxpc {
		return f, fmt.Errorf("code from %#x to %#x", f.entry, f.end)
	}
	if at < t.funcs.addr || at >= t.funcs.end() {
		return f, fmt.Errorf("it stands at %#x", at)
	}
	skip := uint64(4)
	if t.magic == magic116 {
		skip = t.ptr
	}
	fixed := skip + 36 // with the four bytes that end it
	if t.magic == magic120 {
		fixed += 4
	}
	b, err := r.funcs.at(at, fixed)
	if err != nil {
		return f, err
	}
	tail := b[fixed-4:] // funcID, flag, padding, nfuncdata
	f.id, f.flags = tail[0], tail[1]
	b = b[skip:]
	npcdata, nfuncdata := uint64(t.order.Uint32(b[24:])), uint64(tail[3])
	f.name = t.order.Uint32(b)
	f.args, f.pcsp = int32(t.order.Uint32(b[4:])), t.order.Uint32(b[12:])
	f.pcfile, f.pcln, f.unit = t.order.Uint32(b[16:]), t.order.Uint32(b[20:]), t.order.Uint32(b[28:])
	if t.magic == magic120 {
		f.startLine = int32(t.order.Uint32(b[32:]))
	}
	if npcdata > 64 || nfuncdata > 64 {
		return f, fmt.Errorf("%d and %d tables", npcdata, nfuncdata)
	}
	f.data, f.datas = at+fixed+4*npcdata, nfuncdata
	return f, r.inlineOf(&f, at, at+fixed, npcdata, nfuncdata)
}

// inlineOf finds the inline tree through the two arrays behind a record.
func (r *reader) inlineOf(f *record, at, arrays, npcdata, nfuncdata uint64) error {
	t := r.t
	if npcdata <= pcdataInlineIndex || nfuncdata <= funcdataInlineTree {
		return nil
	}
	b, err := r.funcs.at(arrays+4*pcdataInlineIndex, 4)
	if err != nil {
		return err
	}
	f.inline = t.order.Uint32(b)
	arrays += 4 * npcdata
	if t.magic != magic116 {
		if b, err = r.funcs.at(arrays+4*funcdataInlineTree, 4); err != nil {
			return err
		}
		if off := t.order.Uint32(b); off != ^uint32(0) {
			f.tree = t.gofunc + uint64(off)
		}
		return nil
	}
	if t.ptr == 8 && arrays&4 != 0 {
		arrays += 4
	}
	f.tree, err = t.pointer(arrays + funcdataInlineTree*t.ptr)
	return err
}

// name reads the offset of the name of function i only.
func (r *reader) name(i uint64) (uint32, error) {
	_, at, err := r.t.entry(&r.ftab, i)
	if err != nil {
		return 0, err
	}
	skip := uint64(4)
	if r.t.magic == magic116 {
		skip = r.t.ptr
	}
	b, err := r.funcs.at(at, skip+4)
	if err != nil {
		return 0, &CorruptError{"functions", err}
	}
	return r.t.order.Uint32(b[skip:]), nil
}

// A call is one runtime.inlinedCall (runtime/symtabinl.go): a function that was
// inlined into another, and where.
type call struct {
	id        uint8
	name      uint32
	parent    uint64 // address whose position is that of the call
	startLine int32
}

// call reads entry i of the inline tree of f.
func (r *reader) call(f *record, i int32) (call, error) {
	size, at := uint64(16), uint64(0) // funcID, nameOff, parentPc, startLine
	if r.t.magic != magic120 {
		size, at = 20, 2 // parent, funcID, file, line, func_, parentPc
	}
	b, err := r.trees.at(f.tree+uint64(i)*size, size)
	if err != nil {
		return call{}, &CorruptError{"inline tree", err}
	}
	order := r.t.order
	c := call{id: b[at]}
	off := uint32(0)
	if size == 16 {
		c.name, off, c.startLine = order.Uint32(b[4:]), order.Uint32(b[8:]), int32(order.Uint32(b[12:]))
	} else {
		c.name, off = order.Uint32(b[12:]), order.Uint32(b[16:])
	}
	if c.parent = f.entry + uint64(off); c.parent >= f.end {
		return call{}, corrupt("inline tree", "call at %#x outside its function", c.parent)
	}
	return c, nil
}

const maxName = 64 << 10

// stringAt reads a string that ends with NUL, at an offset in a table.
func (t *tables) stringAt(w *window, table region, off uint64, what string) (string, error) {
	if off >= table.size {
		return "", corrupt(what, "offset %#x of %#x", off, table.size)
	}
	for want := uint64(128); ; want *= 4 {
		left := table.size - off
		if want < left {
			left = want
		}
		b, err := w.from(table.addr+off, left)
		if err != nil {
			return "", &CorruptError{what, err}
		}
		if i := bytes.IndexByte(b, 0); i >= 0 {
			return string(b[:i]), nil
		}
		if want > maxName || uint64(len(b)) >= table.size-off {
			return "", corrupt(what, "string at offset %#x does not end", off)
		}
	}
}

// file returns the name of file number n of the compilation unit of f.
func (r *reader) file(f *record, n int32) (string, error) {
	t := r.t
	i := uint64(f.unit) + uint64(n)
	if n < 0 || i >= t.units.size/4 {
		return "", corrupt("file table", "file %d of a unit", n)
	}
	b, err := r.units.at(t.units.addr+4*i, 4)
	if err != nil {
		return "", &CorruptError{"file table", err}
	}
	off := t.order.Uint32(b)
	if off == ^uint32(0) {
		return "", corrupt("file table", "file %d was left out by the linker", n)
	}
	w := window{m: t.image}
	return t.stringAt(&w, t.files, uint64(off), "file table")
}

const (
	// maxTable bounds the pc tables that are decoded for a question about one
	// address. The largest functions known have tables of a few hundred
	// kilobytes.
	maxTable = 4 << 20
	// maxTables bounds those for a question about all functions. A table may
	// serve several of them, but all tables together come nowhere near this;
	// crafted ones could make the time quadratic.
	maxTables = 256 << 20
	maxStep   = 10 // bytes of one step: two varints of 32 bits
)

// A run is a range of addresses for which a table has one value.
type run struct {
	from, to uint64
	value    int32
}

// runs calls yield for each run of a pc table of f, until it returns false
// (runtime/symtab.go, step).
func (r *reader) runs(f *record, off uint32, yield func(run) bool) error {
	t := r.t
	if off == 0 {
		return nil // no table: -1 everywhere
	}
	at, pc, value := uint64(off), f.entry, int32(-1)
	for first := true; ; first = false {
		if at >= t.pcs.size {
			return corrupt("pc table", "it does not end")
		}
		left := t.pcs.size - at
		b, err := r.pcs.from(t.pcs.addr+at, min(maxStep, left))
		if err != nil {
			return &CorruptError{"pc table", err}
		}
		b = b[:min(maxStep, left, uint64(len(b)))]
		if b[0] == 0 && !first {
			return nil
		}
		delta, n := varint(b)
		step, k := varint(b[n:])
		if n == 0 || k == 0 {
			return corrupt("pc table", "bad number at %#x", at)
		}
		value += int32(-(delta & 1) ^ (delta >> 1))
		next := pc + uint64(step)*t.quantum
		if r.budget -= n + k; next <= pc || next > f.end || r.budget < 0 {
			return corrupt("pc table", "it goes from %#x to %#x", pc, next)
		}
		if !yield(run{pc, next, value}) {
			return nil
		}
		pc, at = next, at+uint64(n+k)
	}
}

// varint reads a number of up to 32 bits; n is 0 when there is none.
func varint(b []byte) (v uint32, n int) {
	for shift := 0; n < len(b) && shift < 35; shift += 7 {
		c := b[n]
		n++
		v |= uint32(c&0x7f) << shift
		if c < 0x80 {
			return v, n
		}
	}
	return 0, 0
}

// tableRuns returns all runs of a pc table of f.
func (r *reader) tableRuns(f *record, off uint32) (runs []run, err error) {
	err = r.runs(f, off, func(u run) bool {
		runs = append(runs, u)
		return true
	})
	return runs, err
}

// value returns the value of a table of f at pc.
func (r *reader) value(f *record, off uint32, pc uint64) (int32, error) {
	value, found := int32(-1), false
	err := r.runs(f, off, func(x run) bool {
		if found = pc < x.to; found {
			value = x.value
		}
		return !found
	})
	if err == nil && !found && off != 0 {
		err = fmt.Errorf("%w: no code at %#x", ErrNotFound, pc)
	}
	return value, err
}

var errNoTree = errors.New("no inline tree to verify its tables by")

// prove checks the range of the function table, as runtime.moduledataverify1
// does, and that offsets of function data lead to inline trees, which they do
// only if gofunc was taken from its right place.
func (t *tables) prove(need bool) error {
	r := t.reader()
	first, _, err := t.entry(&r.ftab, 0)
	if err != nil {
		return err
	}
	last, _, err := t.entry(&r.ftab, t.nfunc)
	if err != nil {
		return err
	}
	if first != t.minpc || last != t.maxpc {
		return corrupt("function table", "it goes from %#x to %#x, and code from %#x to %#x", first, last, t.minpc, t.maxpc)
	}
	seen := 0
	for i := uint64(0); i < t.nfunc && i < 4096 && seen < 16; i++ {
		f, err := r.record(i)
		if err != nil {
			return err
		}
		if f.tree == 0 || f.inline == 0 {
			continue
		}
		seen++
		c, err := r.call(&f, 0)
		if err != nil {
			return err
		}
		// A name is the first or follows the end of another.
		if c.name == 0 {
			continue
		}
		if uint64(c.name) >= t.names.size {
			return corrupt("inline tree", "name at %#x", c.name)
		}
		if b, err := t.bytes(t.names.addr+uint64(c.name)-1, 2); err != nil || b[0] != 0 || b[1] == 0 {
			return corrupt("inline tree", "no name begins at %#x", c.name)
		}
	}
	if seen == 0 && need {
		return errNoTree
	}
	return nil
}
