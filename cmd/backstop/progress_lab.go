package main

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
)

// A counter shows on a terminal how much of a work of many pieces is done: "120
// of 540 [####----] 2 min left, building native with go1.25.14". A nil counter
// shows nothing.
type counter struct {
	w     io.Writer
	width int
	now   func() time.Time

	mu          sync.Mutex
	done, total int
	start       time.Time
	drawn       time.Time
	note        string
	shown       bool
}

// newCounter returns a counter on w, nil where nobody would see it.
func newCounter(w io.Writer) *counter {
	m := newMeter(w, false)
	if m == nil {
		return nil
	}
	return &counter{w: w, width: m.width, now: time.Now, start: time.Now()}
}

// count says that n of total pieces are done.
func (c *counter) count(done, total int) {
	if c == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.done, c.total = done, total
	c.draw(done == total)
}

// say names what is being done.
func (c *counter) say(what string) {
	if c == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.note = what
	c.draw(true)
}

func (c *counter) draw(now bool) {
	t := c.now()
	if t.Sub(c.start) < meterFirst || !now && t.Sub(c.drawn) < meterEvery {
		return
	}
	c.drawn, c.shown = t, true
	fmt.Fprintf(c.w, "\r%s\x1b[K", c.line(t))
}

// line is what is shown, no wider than the terminal.
func (c *counter) line(now time.Time) string {
	text := c.note
	if c.total > 0 {
		const bar = 24
		full := bar * c.done / c.total
		text = fmt.Sprintf("%d of %d  [%s%s]", c.done, c.total, strings.Repeat("#", full), strings.Repeat("-", bar-full))
		if c.done > 0 && c.done < c.total {
			text += "  " + timeLeft(time.Duration(float64(now.Sub(c.start))*float64(c.total-c.done)/float64(c.done)))
		}
		if c.note != "" {
			text += "  " + c.note
		}
	}
	if r := []rune(text); c.width > 0 && len(r) >= c.width {
		text = string(r[:c.width-1])
	}
	return text
}

// clear takes the line away, so that a result can be printed.
func (c *counter) clear() {
	if c == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.shown {
		fmt.Fprint(c.w, "\r\x1b[K")
		c.shown = false
	}
}
