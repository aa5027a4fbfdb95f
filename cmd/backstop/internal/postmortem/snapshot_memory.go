package postmortem

import (
	"encoding/binary"
	"io"
)

const (
	blockSize = 16 << 10
	maxCached = 256 << 20 // bytes; what is more is read each time
)

// A cache reads memory in blocks and keeps them: what is small stands close
// together, and each read of a live process is a system call. It is for memory
// that does not change, by one goroutine.
type cache struct {
	from   io.ReaderAt
	blocks map[uint64][]byte // by address divided by blockSize; short where there is less
	last   uint64            // number of the block below
	recent []byte
}

func newCache(from io.ReaderAt) *cache {
	return &cache{from: from, blocks: make(map[uint64][]byte), last: ^uint64(0)}
}

// ReadAt implements io.ReaderAt. What is large goes past the cache.
func (c *cache) ReadAt(b []byte, off int64) (int, error) {
	if len(b) > blockSize {
		return c.from.ReadAt(b, off)
	}
	done := 0
	for done < len(b) {
		addr := uint64(off) + uint64(done)
		block := c.block(addr / blockSize)
		at := addr % blockSize
		if at >= uint64(len(block)) {
			// Unmapped, or the block is mapped from its middle on.
			n, err := c.from.ReadAt(b[done:], int64(addr))
			return done + n, err
		}
		done += copy(b[done:], block[at:])
	}
	return done, nil
}

func (c *cache) block(number uint64) []byte {
	if number == c.last {
		return c.recent
	}
	block, ok := c.blocks[number]
	if !ok {
		if len(c.blocks)*blockSize >= maxCached {
			clear(c.blocks)
		}
		block = make([]byte, blockSize)
		n, _ := c.from.ReadAt(block, int64(number*blockSize)) // what there is counts
		block = block[:max(n, 0)]
		c.blocks[number] = block
	}
	c.last, c.recent = number, block
	return block
}

// word reads a word, 0 where there is none.
func (c *cache) word(addr uint64) uint64 {
	var b [8]byte
	if addr == 0 || addr >= 1<<63 {
		return 0
	}
	if n, _ := c.ReadAt(b[:], int64(addr)); n < len(b) { // nothing there is nothing found
		return 0
	}
	return binary.LittleEndian.Uint64(b[:])
}

// text reads a Go string that stands at an address: a pointer and a length. More
// than limit bytes are cut; a string that is not there is not ok.
func (c *cache) text(addr, limit uint64) (s string, ok bool) {
	data, n := c.word(addr), c.word(addr+8)
	if n == 0 {
		return "", true
	}
	if data == 0 || data >= 1<<63 || n >= 1<<40 {
		return "", false
	}
	b := make([]byte, min(n, limit))
	if got, _ := c.ReadAt(b, int64(data)); got < len(b) { // as above
		return "", false
	}
	return string(b), true
}

// A piece is memory that was copied; it answers as the memory would.
type piece struct {
	addr  uint64
	bytes []byte
}

// ReadAt implements io.ReaderAt.
func (p *piece) ReadAt(b []byte, off int64) (int, error) {
	at := uint64(off) - p.addr
	if at >= uint64(len(p.bytes)) {
		return 0, io.ErrUnexpectedEOF
	}
	n := copy(b, p.bytes[at:])
	if n < len(b) {
		return n, io.ErrUnexpectedEOF
	}
	return n, nil
}
