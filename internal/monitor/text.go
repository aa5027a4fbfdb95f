//go:build unix && !aix && go1.23

package monitor

import (
	"errors"
	"os"
	"time"
)

// A traceback of 100,000 goroutines has 17 MB. What is larger loses its middle:
// the cause stands at the head.
const (
	maxHead = 24 << 20
	maxTail = 8 << 20
)

// A clipping keeps the head and the tail of a text of any size.
type clipping struct {
	head, tail []byte
	cut        bool
}

func (c *clipping) empty() bool { return len(c.head) == 0 }

func (c *clipping) write(b []byte) {
	n := min(len(b), maxHead-len(c.head))
	c.head = append(c.head, b[:n]...)
	c.tail = append(c.tail, b[n:]...)
	if len(c.tail) > 2*maxTail {
		c.cut = true
		c.tail = append(c.tail[:0], c.tail[len(c.tail)-maxTail:]...)
	}
}

func (c *clipping) bytes() []byte {
	if !c.cut {
		return append(c.head, c.tail...)
	}
	// The tail may begin in the middle of a line; the parser counts that as a
	// problem and goes on.
	return append(append(c.head, '\n'), c.tail...)
}

// quiet is how long a pipe whose other end is dead may say nothing before its
// text is complete: somebody else may hold the writing end.
const quiet = 2 * time.Second

// readCrash reads until the pipe closes. It keeps reading when its buffer is
// full: a program that dies must never wait for its monitor. Should somebody
// else hold the writing end (a child that a C library forked), the text ends
// when the parent is dead and the pipe quiet. It returns when the text began,
// or when the program ended without one.
func readCrash(pipe *os.File, parent int) (*clipping, time.Time) {
	text := &clipping{}
	var first time.Time
	buf := make([]byte, 64<<10)
	for {
		n, err := pipe.Read(buf)
		if n > 0 && text.empty() {
			first = time.Now()
		}
		text.write(buf[:n])
		switch {
		case n > 0, errors.Is(err, os.ErrDeadlineExceeded) && os.Getppid() == parent:
			pipe.SetReadDeadline(time.Now().Add(quiet)) //nolint:errcheck // then we wait for the end of file
		default:
			if text.empty() {
				first = time.Now()
			}
			return text, first
		}
	}
}
