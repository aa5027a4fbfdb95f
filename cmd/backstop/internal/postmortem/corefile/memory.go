package corefile

import (
	"fmt"
	"io"
	"sort"
)

// A MissingError says that memory of the process is neither in the core nor in a
// file that was given to it.
type MissingError struct {
	Addr uint64
	// File is what was mapped there, "" for memory without a file.
	File string
	// Cut says that it was in the core, which ends too early.
	Cut bool
	// Mapped says that there was memory at the address at all.
	Mapped bool
}

func (e *MissingError) Error() string {
	switch {
	case e.Cut:
		return fmt.Sprintf("memory at %#x is missing: the core was cut off", e.Addr)
	case e.File != "":
		return fmt.Sprintf("memory at %#x is not in the core: it was mapped from %s", e.Addr, e.File)
	case e.Mapped:
		return fmt.Sprintf("memory at %#x was not written to the core", e.Addr)
	}
	return fmt.Sprintf("no memory at %#x", e.Addr)
}

// ReadAt reads memory of the process: off is an address. It implements
// io.ReaderAt; what it cannot read gives a MissingError or what reading a file
// gave.
func (c *Core) ReadAt(p []byte, off int64) (int, error) {
	if c.live != nil {
		return c.live.ReadAt(p, off) //nolint:wrapcheck // it names what it reads
	}
	addr, n := uint64(off), 0
	for n < len(p) {
		k, err := c.piece(p[n:], addr)
		if err != nil {
			return n, err
		}
		n += k
		addr += uint64(k)
	}
	return n, nil
}

// piece reads some of what is at addr, at least a byte.
func (c *Core) piece(p []byte, addr uint64) (int, error) {
	s := c.segment(addr)
	if s == nil {
		return 0, &MissingError{Addr: addr}
	}
	at := addr - s.addr
	if at >= s.file {
		return c.outside(p[:min(uint64(len(p)), s.memory-at)], addr, s)
	}
	p = p[:min(uint64(len(p)), s.file-at)]
	off := s.off + at
	if off >= uint64(c.size) {
		n, err := c.fromFile(p, addr)
		if n == 0 {
			return 0, &MissingError{Addr: addr, Cut: true, Mapped: true}
		}
		return n, err
	}
	p = p[:min(uint64(len(p)), uint64(c.size)-off)]
	n, err := c.cache.ReadAt(p, int64(off))
	if n > 0 {
		return n, nil
	}
	return 0, fmt.Errorf("read core at offset %#x: %w", off, err)
}

// outside reads what the core has no bytes for. The kernel writes a segment whole,
// its first page, or none of it; so what follows some bytes of memory without a
// file was made by another writer, and is zero as ELF has it.
func (c *Core) outside(p []byte, addr uint64, s *segment) (int, error) {
	m := c.Mapping(addr)
	if m == nil {
		if s.file == 0 {
			return 0, &MissingError{Addr: addr, Mapped: true}
		}
		if next := c.mappingAfter(addr); next != nil {
			p = p[:min(uint64(len(p)), next.Start-addr)]
		}
		clear(p)
		return len(p), nil
	}
	return c.fromFile(p, addr)
}

// fromFile reads from the file that was mapped at addr.
func (c *Core) fromFile(p []byte, addr uint64) (int, error) {
	m := c.Mapping(addr)
	if m == nil {
		return 0, &MissingError{Addr: addr, Mapped: true}
	}
	if m.file == nil {
		return 0, &MissingError{Addr: addr, File: m.Path, Mapped: true}
	}
	p = p[:min(uint64(len(p)), m.End-addr)]
	n, err := m.file.r.ReadAt(p, int64(m.Offset+(addr-m.Start)))
	if n == 0 {
		if err == io.EOF { //nolint:errorlint // io.ReaderAt returns it as it is
			// The rest of the last page of a file is zero.
			const page = 4096
			k := min(uint64(len(p)), page-addr%page)
			clear(p[:k])
			return int(k), nil
		}
		return 0, fmt.Errorf("read %s: %w", m.file.path, err)
	}
	return n, nil
}

// segment returns the segment that holds addr, nil if there is none.
func (c *Core) segment(addr uint64) *segment {
	i := sort.Search(len(c.segments), func(i int) bool { return c.segments[i].end() > addr })
	if i == len(c.segments) || c.segments[i].addr > addr {
		return nil
	}
	return &c.segments[i]
}

// dumped returns how many bytes from addr on stand in the core itself.
func (c *Core) dumped(addr uint64) uint64 {
	s := c.segment(addr)
	if s == nil || addr-s.addr >= s.file {
		return 0
	}
	off := s.off + addr - s.addr
	if off >= uint64(c.size) {
		return 0
	}
	return min(s.file-(addr-s.addr), uint64(c.size)-off)
}
