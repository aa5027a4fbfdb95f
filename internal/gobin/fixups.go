package gobin

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"sync"
)

// fixups are the pointers that do not stand in place but are made by the
// loader: RELA relocations of ELF, chained fixups of Mach-O. Most executables
// have none, for REL and RELR relocations, PE and older Mach-O leave in place
// what a pointer is before the executable is moved.
type fixups struct {
	read func(add func(addr, value uint64)) error // nil when there are none

	load  sync.Once
	table []fixup // as the file has them, which is mostly by address
	err   error

	sort   sync.Once
	sorted []fixup
}

type fixup struct{ addr, value uint64 }

// maxFixups is several times what the largest executables known have.
const maxFixups = 4 << 20

// all returns the fixups in the order of the file.
func (x *fixups) all() ([]fixup, error) {
	x.load.Do(func() {
		if x.read == nil {
			return
		}
		err := x.read(func(addr, value uint64) { x.table = append(x.table, fixup{addr, value}) })
		if err != nil {
			x.table, x.err = nil, &CorruptError{"relocations", err}
		}
	})
	return x.table, x.err
}

// fill replaces those of some words, the first of which stands at addr, that
// do not stand in place. It does not need the fixups sorted.
func (x *fixups) fill(addr, size uint64, words []uint64) error {
	all, err := x.all()
	for _, f := range all {
		if i := (f.addr - addr) / size; i < uint64(len(words)) && f.addr == addr+i*size {
			words[i] = f.value
		}
	}
	return err
}

// apply returns the pointer at addr, given what stands there in the file.
func (x *fixups) apply(addr, stored uint64) (uint64, error) {
	all, err := x.all()
	if err != nil || len(all) == 0 {
		return stored, err
	}
	sorted := x.inOrder()
	i, ok := slices.BinarySearchFunc(sorted, addr, func(f fixup, addr uint64) int { return cmp.Compare(f.addr, addr) })
	if !ok {
		return stored, nil
	}
	return sorted[i].value, nil
}

// inOrder returns the fixups by address, once all has read them.
func (x *fixups) inOrder() []fixup {
	x.sort.Do(func() {
		x.sorted = slices.Clone(x.table)
		slices.SortStableFunc(x.sorted, func(a, b fixup) int { return cmp.Compare(a.addr, b.addr) })
	})
	return x.sorted
}

// elfRelocations reads the relative relocations that carry their value (RELA),
// found through the dynamic section as the loader does.
func (m *image) elfRelocations(dynamic segment, relative uint32, add func(addr, value uint64)) error {
	table, size, err := m.elfRela(dynamic)
	if err != nil || size == 0 {
		return err
	}
	each := 3 * m.ptr
	n := size / each
	if n > maxFixups {
		return fmt.Errorf("%d of them", n)
	}
	if !m.holds(table, size) {
		return fmt.Errorf("%d bytes at %#x are outside the file", size, table)
	}
	w := window{m: m}
	for at, end := table, table+n*each; at < end; {
		b, err := w.from(at, each)
		if err != nil {
			return err
		}
		if uint64(len(b)) < each {
			return io.ErrUnexpectedEOF
		}
		for ; uint64(len(b)) >= each && at < end; b, at = b[each:], at+each {
			// The type stands in the low half of r_info, a byte wide in ELF32.
			typ := uint32(m.word(b[m.ptr:]))
			if m.ptr == 4 {
				typ &= 0xff
			}
			if typ == relative {
				add(m.word(b), m.word(b[2*m.ptr:]))
			}
		}
	}
	return nil
}
