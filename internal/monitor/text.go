//go:build unix && !aix && go1.23

package monitor

import (
	"bytes"
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
		copy(c.text[maxHead:], c.text[len(c.text)-maxTail:])
		c.text = c.text[:maxHead+maxTail]
	}
}

// split cuts off the first of several panics. When goroutines panic at the same
// time, the runtime prints one after the other (runtime/panic.go, fatalpanic and
// dopanic_m). Only a new one begins a line with "panic: " below a goroutine: the
// lines of a message, and panics during a panic, are indented.
func split(text []byte) (first, rest []byte) {
	if i := bytes.Index(text, []byte("\ngoroutine ")); i >= 0 {
		if j := bytes.Index(text[i:], []byte("\npanic: ")); j >= 0 {
			return text[: i+j+1 : i+j+1], text[i+j+1:]
		}
	}
	return text, nil
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
		text.cut = text.cut || brimful(pipe, n)
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
