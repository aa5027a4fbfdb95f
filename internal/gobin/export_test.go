package gobin

// Words is how many words of moduledata are read.
const Words = words

// Module says where moduledata stands in the file, where the tables begin, and
// where they end.
func (f *File) Module() (moduledata, tables, end int64) {
	off := func(addr uint64) int64 {
		s, ok := f.t.segment(addr)
		if !ok {
			return -1
		}
		return int64(s.off + addr - s.addr)
	}
	return off(f.t.at), off(f.t.header), off(f.t.funcs.end())
}

// Base is the address that offsets of chained pointers count from, and where
// the file of moduledata's segment is loaded.
func (f *File) Base() (base, moduledata uint64) { return f.t.base, f.t.at }

// Sections is how many pieces the text has.
func (f *File) Sections() int { return len(f.t.sections) }
