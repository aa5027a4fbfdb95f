package corefile

import (
	"errors"
	"io"
)

// How a file is read: memory of a process is asked for in words and short pieces
// that lie near each other. 32 MiB are kept at most.
const (
	blockSize = 16 << 10
	maxBlocks = 2048
)

// blocks is a reader that keeps what it has read. It is for one goroutine.
type blocks struct {
	r    io.ReaderAt
	kept map[int64][]byte // by number; the last block of a file is short
	last int64            // number of the block asked for last
	data []byte           // and what it holds
}

func (c *blocks) block(number int64) ([]byte, error) {
	if c.data != nil && c.last == number {
		return c.data, nil
	}
	b, ok := c.kept[number]
	if !ok {
		b = make([]byte, blockSize)
		n, err := c.r.ReadAt(b, number*blockSize)
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, err //nolint:wrapcheck // the caller says what was read
		}
		b = b[:n]
		if len(c.kept) >= maxBlocks || c.kept == nil {
			c.kept = make(map[int64][]byte)
		}
		c.kept[number] = b
	}
	c.last, c.data = number, b
	return b, nil
}

// ReadAt implements io.ReaderAt.
func (c *blocks) ReadAt(p []byte, off int64) (int, error) {
	n := 0
	for n < len(p) {
		b, err := c.block(off / blockSize)
		if err != nil {
			return n, err
		}
		at := off % blockSize
		if at >= int64(len(b)) {
			return n, io.EOF
		}
		k := copy(p[n:], b[at:])
		n += k
		off += int64(k)
	}
	return n, nil
}
