package supervise

import (
	"fmt"
	"io"
	"sync"
	"time"
)

// Limits of the relay. The queue holds what the child wrote and our stderr has
// not taken yet.
const (
	relayQueue = 1 << 20         // bytes
	relayChunk = 32 << 10        // bytes per write, so that progress is seen
	relayStall = 2 * time.Second // without any progress, before output is dropped
)

// A relay copies the child's stderr to ours without ever holding the child for
// long. While the destination makes progress nothing is lost and the child
// waits for it, as it would without a supervisor. When a full queue makes no
// progress for relayStall, output is dropped and counted until it moves again.
// After a write error everything is discarded.
type relay struct {
	dst   io.Writer
	stall time.Duration

	mu       sync.Mutex
	queue    []byte
	writes   int  // completed, to see progress
	stalled  bool // dropping until the next completed write
	dropped  int  // bytes, since it was last told
	broken   bool // the destination failed
	closed   bool // no more input
	wake     chan struct{}
	progress chan struct{}
	done     chan struct{} // the writer has ended
}

// startRelay starts the writer, which ends after close, when the queue is
// empty or the destination is broken.
func startRelay(dst io.Writer) *relay { return startRelayStall(dst, relayStall) }

func startRelayStall(dst io.Writer, stall time.Duration) *relay {
	r := &relay{
		dst:      dst,
		stall:    stall,
		wake:     make(chan struct{}, 1),
		progress: make(chan struct{}, 1),
		done:     make(chan struct{}),
	}
	go r.write()
	return r
}

// put queues p. It waits for room at most for the stall time.
func (r *relay) put(p []byte) {
	for len(p) > 0 {
		n := min(len(p), relayChunk)
		r.putChunk(p[:n])
		p = p[n:]
	}
}

func (r *relay) putChunk(p []byte) {
	var timer *time.Timer
	r.mu.Lock()
	for !r.broken && !r.stalled && len(r.queue)+len(p) > relayQueue {
		before := r.writes
		r.mu.Unlock()
		if timer == nil {
			timer = time.NewTimer(r.stall)
			defer timer.Stop()
		}
		expired := false
		select {
		case <-r.progress:
		case <-timer.C:
			expired = true
		}
		r.mu.Lock()
		if r.writes != before {
			timer.Reset(r.stall)
		} else if expired {
			r.stalled = true
		}
	}
	switch {
	case r.broken:
	case r.stalled:
		r.dropped += len(p)
	default:
		r.queue = append(r.queue, p...)
	}
	r.mu.Unlock()
	signalTo(r.wake)
}

// write is the writer.
func (r *relay) write() {
	defer close(r.done)
	var out []byte
	for {
		r.mu.Lock()
		for len(r.queue) == 0 && !r.closed && r.dropped == 0 {
			r.mu.Unlock()
			<-r.wake
			r.mu.Lock()
		}
		if len(r.queue) == 0 && r.dropped == 0 { // closed
			r.mu.Unlock()
			return
		}
		n := min(len(r.queue), relayChunk)
		out = append(out[:0], r.queue[:n]...)
		r.queue = r.queue[:copy(r.queue, r.queue[n:])]
		if n == 0 { // all that came before the gap is out
			out = fmt.Appendf(out, "\nbackstop: %d bytes of stderr are missing here: nobody read it\n", r.dropped)
			r.dropped = 0
		}
		r.mu.Unlock()

		_, err := r.dst.Write(out)

		r.mu.Lock()
		r.writes++
		if n == 0 || r.dropped == 0 {
			r.stalled = false
		}
		if err != nil {
			r.broken = true
			r.queue = nil
		}
		broken := r.broken
		r.mu.Unlock()
		signalTo(r.progress)
		if broken {
			return
		}
	}
}

// close says that no more will come and waits until all is written, at most as
// long as a stalled destination is waited for. It reports whether all went out.
func (r *relay) close() bool {
	r.mu.Lock()
	r.closed = true
	before := r.writes
	r.mu.Unlock()
	signalTo(r.wake)
	timer := time.NewTimer(r.stall)
	defer timer.Stop()
	for {
		select {
		case <-r.done:
			r.mu.Lock()
			defer r.mu.Unlock()
			return !r.broken
		case <-r.progress:
		case <-timer.C:
			r.mu.Lock()
			moved := r.writes != before
			before = r.writes
			r.mu.Unlock()
			if !moved {
				return false // the writer ends when its blocked write does
			}
			timer.Reset(r.stall)
		}
	}
}

// signalTo wakes the reader of a channel of capacity one.
func signalTo(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
