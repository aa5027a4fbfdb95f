package gobin

import "fmt"

// maxCode is the longest code of a function that is returned. The longest known
// are a few hundred kilobytes.
const maxCode = maxRead

// Code returns the machine code of a function, from Entry to End, as it stands
// in the file. The padding behind the last instruction is part of it. The error
// is [ErrNotFound] for a function that is Inlined, and a [CorruptError] where
// the file does not hold the code.
func (f *File) Code(fn Func) ([]byte, error) {
	start, end := f.Text()
	switch {
	case fn.Inlined:
		return nil, fmt.Errorf("%w: %s has no code of its own", ErrNotFound, fn.Name)
	case fn.Entry < start || fn.End < fn.Entry || fn.End > end:
		return nil, fmt.Errorf("%w: code from %#x to %#x", ErrNotFound, fn.Entry, fn.End)
	case fn.End-fn.Entry > maxCode:
		return nil, corrupt("function table", "%s has %d bytes of code", fn.Name, fn.End-fn.Entry)
	}
	b, err := f.t.bytes(fn.Entry, fn.End-fn.Entry)
	if err != nil {
		return nil, &CorruptError{"code", err}
	}
	return append([]byte(nil), b...), nil
}

// Offset returns where in the file the byte stands that is loaded at an
// address, and whether there is one: what is zero when the program starts
// stands nowhere.
func (f *File) Offset(addr uint64) (offset int64, ok bool) {
	s, ok := f.t.segment(addr)
	if !ok {
		return 0, false
	}
	return int64(s.off + addr - s.addr), true
}

// Witness returns bytes that a process which runs the executable has at an
// address, wherever it was loaded: some names of functions. Whoever has found
// the memory of a process can tell by them that both belong together.
func (f *File) Witness() (addr uint64, b []byte, err error) {
	names := f.t.names
	names.addr += names.size / 2
	b, err = f.t.bytes(names.addr, min(256, names.size-names.size/2))
	if err != nil {
		return 0, nil, &CorruptError{"function names", err}
	}
	return names.addr, append([]byte(nil), b...), nil
}
