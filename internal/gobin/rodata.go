package gobin

// maxLiteral is the most that is read of read-only data at once.
const maxLiteral = 1 << 16

// pageSize is the smallest unit at which executables are loaded, so that an
// address keeps its low bits.
const pageSize = 4096

// ROData returns n bytes of read-only data at an address, if there are as many.
// Code and the tables of functions are no data.
func (f *File) ROData(addr, n uint64) ([]byte, bool) {
	if n > maxLiteral {
		return nil, false
	}
	for _, r := range f.readOnly() {
		if r.addr <= addr && addr < r.end() && n <= r.end()-addr {
			b, err := f.t.bytes(addr, n)
			return append([]byte(nil), b...), err == nil
		}
	}
	return nil, false
}

// ROCandidates calls yield, until it returns false, for all that the n bytes of
// read-only data at an address of a process may be, with their addresses in the
// file. That is one for an executable that is loaded where it says. A
// position-independent one may have been loaded anywhere, so that all places
// with the same offset in a page come into question: a few thousand in a large
// executable. A caller who knows the address of any function in the process
// rather subtracts how far it was moved, and calls [File.ROData].
func (f *File) ROCandidates(addr, n uint64, yield func(at uint64, data []byte) bool) {
	if !f.PIE() {
		if b, ok := f.ROData(addr, n); ok {
			yield(addr, b)
		}
		return
	}
	if n > maxLiteral {
		return
	}
	for _, r := range f.readOnly() {
		at := r.addr + (addr-r.addr)&(pageSize-1)
		for ; at < r.end() && n <= r.end()-at; at += pageSize {
			b, err := f.t.bytes(at, n)
			if err != nil {
				return // the file ends early
			}
			if !yield(at, append([]byte(nil), b...)) {
				return
			}
		}
	}
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
