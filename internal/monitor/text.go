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
	text []byte
	cut  bool
}

func (c *clipping) write(b []byte) {
	c.text = append(c.text, b...)
	if len(c.text) > maxHead+2*maxTail {
		c.cut = true
		// The tail may begin in the middle of a line; the parser counts that as
		// a problem and goes on.
		c.text[maxHead-1] = '\n'
		c.text = append(c.text[:maxHead], c.text[len(c.text)-maxTail:]...)
	}
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
		if n > 0 && len(text.text) == 0 {
			first = time.Now()
		}
		text.write(buf[:n])
		switch {
		case n > 0, errors.Is(err, os.ErrDeadlineExceeded) && os.Getppid() == parent:
			pipe.SetReadDeadline(time.Now().Add(quiet)) //nolint:errcheck // then we wait for the end of file
		default:
			if len(text.text) == 0 {
				first = time.Now()
			}
			return text, first
		}
	}
}
