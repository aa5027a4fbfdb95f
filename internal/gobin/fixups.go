package gobin

import (
	"debug/elf"
	"fmt"
	"sort"
	"sync"
)

// fixups are what the loader would do to pointers. Most executables hold their
// pointers in place; ELF with RELA relocations keeps them beside.
type fixups struct {
	elf *elfRelocations
}

// apply returns the pointer at addr, given what stands there in the file.
func (x *fixups) apply(addr, stored uint64) uint64 {
	if x.elf != nil {
		if v, ok := x.elf.at(addr); ok {
			return v
		}
	}
	return stored
}

// load reads the relocations and says whether they can be read.
func (x *fixups) load() error {
	if x.elf == nil {
		return nil
	}
	x.elf.once.Do(x.elf.load)
	return x.elf.err
}

// elfRelocations are the relative relocations that carry their value (RELA).
// REL and RELR relocations leave it in place.
type elfRelocations struct {
	m        *image
	dynamic  segment
	relative uint32

	once  sync.Once
	table []relocation // by address
	err   error
}

type relocation struct{ addr, value uint64 }

// maxRelocations is twenty times what Kubernetes' largest executables have.
const maxRelocations = 16 << 20

func (x *elfRelocations) at(addr uint64) (uint64, bool) {
	x.once.Do(x.load)
	i := sort.Search(len(x.table), func(i int) bool { return x.table[i].addr >= addr })
	if i == len(x.table) || x.table[i].addr != addr {
		return 0, false
	}
	return x.table[i].value, true
}

func (x *elfRelocations) load() {
	if err := x.read(); err != nil {
		x.err = &CorruptError{"relocations", err}
	}
	sorted := func(i, j int) bool { return x.table[i].addr < x.table[j].addr }
	if !sort.SliceIsSorted(x.table, sorted) {
		sort.SliceStable(x.table, sorted)
	}
}

func (x *elfRelocations) read() error {
	table, size, err := x.find()
	if err != nil || size == 0 {
		return err
	}
	word := x.m.ptr
	each := 3 * word
	n := size / each
	if n > maxRelocations {
		return fmt.Errorf("%d relocations", n)
	}
	if !x.m.holds(table, size) {
		return fmt.Errorf("%d bytes at %#x are outside the file", size, table)
	}
	w := window{m: x.m}
	for i := uint64(0); i < n; i++ {
		b, err := w.at(table+i*each, each)
		if err != nil {
			return err
		}
		// The type stands in the low half of r_info, a byte wide in ELF32.
		info := x.m.word(b[word:])
		typ := uint32(info)
		if word == 4 {
			typ &= 0xff
		}
		if typ == x.relative {
			x.table = append(x.table, relocation{x.m.word(b), x.m.word(b[2*word:])})
		}
	}
	return nil
}

// find returns where the dynamic section says that the RELA table is.
func (x *elfRelocations) find() (table, size uint64, err error) {
	word := x.m.ptr
	for off := uint64(0); off+2*word <= x.dynamic.size && off < 1<<16; off += 2 * word {
		b, err := x.m.fileBytes(x.dynamic.off+off, 2*word)
		if err != nil {
			return 0, 0, err
		}
		switch value := x.m.word(b[word:]); elf.DynTag(x.m.word(b)) {
		case elf.DT_NULL:
			return table, size, nil
		case elf.DT_RELA:
			table = value
		case elf.DT_RELASZ:
			size = value
		}
	}
	return table, size, nil
}
