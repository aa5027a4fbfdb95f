package supervise

import (
	"errors"
	"io"
	"os"
	"sync"
	"time"
)

// After the process has ended its own output is in the pipe already. A
// grandchild may hold the pipe open for ever and even write to it, so what is
// left is read while it comes, but not for long.
const (
	lingerIdle  = 50 * time.Millisecond
	lingerTotal = 2 * time.Second
)

// A drain reads the child's stderr to its end. What it reads goes to the relay
// first, then to the splitter.
type drain struct {
	r     *os.File
	relay *relay // nil when nobody wants it
	split splitter
	done  chan struct{}

	mu    sync.Mutex
	until time.Time // zero while the process lives
}

// startDrain starts the reader; finish ends it.
func startDrain(r *os.File, dst io.Writer, emit func(captured)) *drain {
	d := &drain{r: r, done: make(chan struct{})}
	if dst != nil {
		d.relay = startRelay(dst)
	}
	d.split.emit = emit
	go d.read()
	return d
}

func (d *drain) read() {
	defer close(d.done)
	buf := make([]byte, 64<<10)
	for {
		lingering, over := d.arm()
		if over {
			return
		}
		d.split.ended = lingering
		n, err := d.r.Read(buf)
		if n > 0 {
			if d.relay != nil {
				d.relay.put(buf[:n])
			}
			d.split.write(buf[:n], time.Now())
		}
		switch {
		case err == nil:
		case !errors.Is(err, os.ErrDeadlineExceeded):
			return // the end; any other error leaves nothing to read either
		case lingering:
			return
		case !d.ended():
			d.split.idle()
		}
	}
}

// arm sets the deadline of the next read.
func (d *drain) arm() (lingering, over bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	now := time.Now()
	var deadline time.Time
	if !d.until.IsZero() {
		if now.After(d.until) {
			return true, true
		}
		deadline, lingering = now.Add(lingerIdle), true
	} else if gap := d.split.gap(); gap > 0 {
		deadline = now.Add(gap)
	}
	if err := d.r.SetReadDeadline(deadline); err != nil {
		return lingering, true // cannot happen with a pipe; better no stderr than a hang
	}
	return lingering, false
}

func (d *drain) ended() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return !d.until.IsZero()
}

// finish is called when the process has ended. It returns the crash text that
// was being printed, if any.
func (d *drain) finish() (captured, bool) {
	d.mu.Lock()
	d.until = time.Now().Add(lingerTotal)
	_ = d.r.SetReadDeadline(time.Now()) // wakes the reader, which then lingers
	d.mu.Unlock()
	<-d.done
	d.r.Close() //nolint:errcheck // all was read that will be
	if d.relay != nil {
		d.relay.close()
	}
	return d.split.end(time.Now())
}

// lastLine is the last line that was not blank. Only valid after finish.
func (d *drain) lastLine() string { return string(d.split.last) }

// library is what a C library said shortly before the end. Only valid after
// finish.
func (d *drain) library() string { return d.split.words.said() }
