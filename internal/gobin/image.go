package gobin

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sort"
	"sync"
)

// A segment is a range of addresses whose bytes stand in the file.
type segment struct {
	addr, size uint64
	off        uint64 // in the file
	writable   bool   // while the program runs
	loader     bool   // writable for the loader only (RELRO, __DATA_CONST)
}

func (s *segment) end() uint64 { return s.addr + s.size }

// An image is an executable as the loader would see it.
type image struct {
	r      io.ReaderAt
	format string // "elf", "pe", "macho"
	arch   string // as GOARCH
	order  binary.ByteOrder
	ptr    uint64 // size of a pointer, 4 or 8
	pie    bool
	base   uint64    // address of the header; of Mach-O only
	segs   []segment // by address, not overlapping
	relro  region    // what the loader alone writes; of ELF only
	fix    fixups

	mu     sync.Mutex
	blocks map[uint64][]byte // by number
}

const (
	blockSize   = 64 << 10
	maxBlocks   = 256     // 16 MiB are kept at most
	maxRead     = 1 << 20 // longest single read
	maxSegments = 4096
)

// An architecture is what a container calls it and what Go does.
type architecture struct {
	goarch string
	ptr    uint64
}

// load tells the format of r by its first bytes and reads its headers.
func load(r io.ReaderAt) (*image, error) {
	m := &image{r: r, blocks: map[uint64][]byte{}}
	head, err := m.fileBytes(0, 16)
	if err != nil {
		if errors.Is(err, io.ErrUnexpectedEOF) {
			return nil, fmt.Errorf("%w: shorter than any header", ErrNotGo)
		}
		return nil, err
	}
	switch magic := binary.BigEndian.Uint32(head); {
	case magic == 0x7f454c46: // "\x7fELF"
		err = m.loadELF(head)
	case magic>>16 == 0x4d5a: // "MZ"
		err = m.loadPE()
	case magic == 0xfeedface, magic == 0xfeedfacf, magic == 0xcefaedfe, magic == 0xcffaedfe:
		err = m.loadMacho(magic)
	case magic == 0xcafebabe, magic == 0xcafebabf:
		err = fmt.Errorf("%w: several architectures in one Mach-O file; take one out with lipo -thin", ErrNotGo)
	case magic == 0x0061736d: // "\0asm"
		err = fmt.Errorf("%w that can be read: WebAssembly has no program counters", ErrNotGo)
	default:
		err = fmt.Errorf("%w: neither ELF, PE nor Mach-O", ErrNotGo)
	}
	if err != nil {
		return nil, err
	}
	return m, m.sortSegments()
}

// sortSegments orders the segments and drops those without bytes.
func (m *image) sortSegments() error {
	kept := m.segs[:0]
	for _, s := range m.segs {
		if s.size == 0 {
			continue
		}
		if s.end() < s.addr || s.off+s.size < s.off || s.off+s.size > 1<<62 {
			return corrupt("headers", "segment at %#x wraps around", s.addr)
		}
		kept = append(kept, s)
	}
	m.segs = kept
	sort.Slice(m.segs, func(i, j int) bool { return m.segs[i].addr < m.segs[j].addr })
	for i := 1; i < len(m.segs); i++ {
		if m.segs[i-1].end() > m.segs[i].addr {
			return corrupt("headers", "segments at %#x and %#x overlap", m.segs[i-1].addr, m.segs[i].addr)
		}
	}
	return nil
}

// segment returns the segment that holds addr.
func (m *image) segment(addr uint64) (*segment, bool) {
	i := sort.Search(len(m.segs), func(i int) bool { return m.segs[i].end() > addr })
	if i == len(m.segs) || m.segs[i].addr > addr {
		return nil, false
	}
	return &m.segs[i], true
}

// holds says whether all of [addr, addr+n) stands in the file.
func (m *image) holds(addr, n uint64) bool {
	s, ok := m.segment(addr)
	return ok && n <= s.end()-addr
}

// block returns a block of the file; the last one is short.
func (m *image) block(number uint64) ([]byte, error) {
	m.mu.Lock()
	b, ok := m.blocks[number]
	m.mu.Unlock()
	if ok {
		return b, nil
	}
	b = make([]byte, blockSize)
	n, err := m.r.ReadAt(b, int64(number*blockSize))
	if err != nil && err != io.EOF {
		return nil, fmt.Errorf("read executable: %w", err)
	}
	b = b[:n]
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.blocks) >= maxBlocks {
		clear(m.blocks)
	}
	m.blocks[number] = b
	return b, nil
}

// fileBytes returns n bytes of the file at an offset. They must not be changed.
func (m *image) fileBytes(off, n uint64) ([]byte, error) {
	if n > maxRead || off > 1<<62 {
		return nil, fmt.Errorf("%d bytes at offset %#x asked for", n, off)
	}
	var joined []byte
	for {
		b, err := m.block(off / blockSize)
		if err != nil {
			return nil, err
		}
		at := off % blockSize
		if at >= uint64(len(b)) && n > 0 {
			return nil, io.ErrUnexpectedEOF
		}
		b = b[at:]
		if uint64(len(b)) >= n {
			if joined == nil {
				return b[:n:n], nil
			}
			return append(joined, b[:n]...), nil
		}
		if uint64(len(b))+at < blockSize {
			return nil, io.ErrUnexpectedEOF
		}
		if joined == nil {
			joined = make([]byte, 0, n)
		}
		joined = append(joined, b...)
		off += uint64(len(b))
		n -= uint64(len(b))
	}
}

// bytes returns n bytes at an address. They must not be changed.
func (m *image) bytes(addr, n uint64) ([]byte, error) {
	s, ok := m.segment(addr)
	if !ok || n > s.end()-addr {
		return nil, fmt.Errorf("%d bytes at %#x are outside the file", n, addr)
	}
	return m.fileBytes(s.off+addr-s.addr, n)
}

// word reads an unsigned number as large as a pointer.
func (m *image) word(b []byte) uint64 {
	if m.ptr == 4 {
		return uint64(m.order.Uint32(b))
	}
	return m.order.Uint64(b)
}

// pointer reads the pointer at addr as the loader would leave it, had it loaded
// the executable at the addresses of the file.
func (m *image) pointer(addr uint64) (uint64, error) {
	b, err := m.bytes(addr, m.ptr)
	if err != nil {
		return 0, err
	}
	return m.fix.apply(addr, m.word(b))
}

// pointers reads n words like pointer, for fewer calls and no sorting.
func (m *image) pointers(addr uint64, n int) ([]uint64, error) {
	b, err := m.bytes(addr, uint64(n)*m.ptr)
	if err != nil {
		return nil, err
	}
	words := make([]uint64, n)
	for i := range words {
		words[i] = m.word(b[uint64(i)*m.ptr:])
	}
	return words, m.fix.fill(addr, m.ptr, words)
}

// A window reads one region again and again without asking the cache. It is for
// one goroutine.
type window struct {
	m     *image
	start uint64
	data  []byte
}

// from returns what the window can show from addr on: at least want bytes, or
// all that the segment has.
func (w *window) from(addr, want uint64) ([]byte, error) {
	if off := addr - w.start; off <= uint64(len(w.data)) && uint64(len(w.data))-off >= want && want > 0 {
		return w.data[off:], nil
	}
	s, ok := w.m.segment(addr)
	if !ok {
		return nil, fmt.Errorf("%#x is outside the file", addr)
	}
	off := s.off + addr - s.addr
	b, err := w.m.block(off / blockSize)
	if err != nil {
		return nil, err
	}
	at := off % blockSize
	if at >= uint64(len(b)) {
		return nil, io.ErrUnexpectedEOF
	}
	// The window is the part of the block that belongs to the segment.
	first := uint64(0)
	if begin := off - at; begin < s.off {
		first = s.off - begin
	}
	rest := s.end() - addr
	if uint64(len(b))-at > rest {
		b = b[:at+rest]
	}
	w.start, w.data = addr-(at-first), b[first:]
	if b = b[at:]; uint64(len(b)) >= want || uint64(len(b)) == rest {
		return b, nil
	}
	if want > rest {
		want = rest
	}
	return w.m.fileBytes(off, want)
}

// at returns n bytes at addr.
func (w *window) at(addr, n uint64) ([]byte, error) {
	b, err := w.from(addr, n)
	if err != nil {
		return nil, err
	}
	if uint64(len(b)) < n {
		return nil, io.ErrUnexpectedEOF
	}
	return b[:n], nil
}
