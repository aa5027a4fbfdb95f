package gobin

// maxLiteral is the most that is read of read-only data at once.
const maxLiteral = 1 << 16

// pageSize is the smallest unit at which executables are loaded, so that an
// address keeps its low bits.
const pageSize = 4096

// ROData returns up to n bytes of read-only data at an address, fewer where the
// data ends, and whether there are any. Code and the tables of functions are no
// data. At most 64 KiB are read.
func (f *File) ROData(addr, n uint64) ([]byte, bool) {
	for _, r := range f.readOnly() {
		if r.addr <= addr && addr < r.end() {
			return f.read(r, addr, n)
		}
	}
	return nil, false
}

// ROCandidates calls yield, until it returns false, with all that the n bytes of
// read-only data at an address of a process may be, and their addresses in the
// file; like ROData, with fewer bytes where the data ends. That is one for an
// executable that is loaded where it says. A position-independent one may have
// been loaded anywhere, so that all places with the same offset in a page come
// into question: a few thousand in a large executable. A caller who knows the
// address of any function in the process rather subtracts how far it was moved,
// and calls ROData.
func (f *File) ROCandidates(addr, n uint64, yield func(at uint64, data []byte) bool) {
	if !f.PIE() {
		if b, ok := f.ROData(addr, n); ok {
			yield(addr, b)
		}
		return
	}
	for _, r := range f.readOnly() {
		for at := r.addr + (addr-r.addr)&(pageSize-1); at < r.end(); at += pageSize {
			b, ok := f.read(r, at, n)
			if !ok {
				return // the file ends early
			}
			if !yield(at, b) {
				return
			}
		}
	}
}

func (f *File) read(r region, addr, n uint64) ([]byte, bool) {
	b, err := f.t.bytes(addr, min(n, maxLiteral, r.end()-addr))
	return append([]byte(nil), b...), err == nil
}

// readOnly returns the read-only data by address: what is never written once
// the program runs, less code and function tables.
func (f *File) readOnly() []region {
	t := f.t
	tables := region{t.header, max(t.funcs.end(), t.pcs.end()) - t.header}
	var all []region
	for _, s := range t.segs {
		if s.writable && !s.loader {
			continue
		}
		for _, r := range without(region{s.addr, s.size}, region{t.text, t.etext - t.text}) {
			all = append(all, without(r, tables)...)
		}
	}
	return all
}

// without returns what is left of r without hole.
func without(r, hole region) []region {
	if hole.end() <= r.addr || r.end() <= hole.addr {
		return []region{r}
	}
	var left []region
	if r.addr < hole.addr {
		left = append(left, region{r.addr, hole.addr - r.addr})
	}
	if hole.end() < r.end() {
		left = append(left, region{hole.end(), r.end() - hole.end()})
	}
	return left
}
