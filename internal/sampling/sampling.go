// Package sampling lets watches look at the process from time to time without a
// timer, which would keep Go's deadlock detector from working: the SDK calls
// [Pass] where traffic passes, and now and then a watch registered by [Add] has
// its turn. Without traffic nothing is looked at.
package sampling

import (
	"sync"
	"sync/atomic"
	"time"
)

// every is how many passes share one look at the clock. Sixty-four make its cost
// vanish and still give a service with one request a second a look a minute.
const every = 64

// A watch is called at most once per interval.
type watch struct {
	look     func(now time.Time)
	interval int64        // nanoseconds
	last     atomic.Int64 // Unix nanoseconds of the last turn
}

var (
	changing sync.Mutex
	watches  atomic.Pointer[[]*watch] // replaced, never changed; nil when empty
	passes   atomic.Uint32
)

// Pass tells that a request or a goroutine begins. It never panics, does not
// allocate, and without a watch it is one atomic load.
func Pass() {
	if list := watches.Load(); list != nil && passes.Add(1)%every == 0 {
		turn(*list, time.Now())
	}
}

// Passes counts the calls of Pass while somebody watches. It goes round at the end
// of its range.
func Passes() uint32 { return passes.Load() }

// turn gives each watch that is due its turn, on this goroutine.
func turn(list []*watch, now time.Time) {
	for _, w := range list {
		last := w.last.Load()
		if now.UnixNano()-last >= w.interval && w.last.CompareAndSwap(last, now.UnixNano()) {
			call(w.look, now)
		}
	}
}

func call(look func(time.Time), now time.Time) {
	defer func() { recover() }() //backstop:ignore recover-swallow a fault of ours must not reach the program
	look(now)
}

// Add registers look, which is called on goroutines of the program and must
// return at once. It may still be running when remove returns.
func Add(look func(now time.Time), interval time.Duration) (remove func()) {
	w := &watch{look: look, interval: int64(interval)}
	change(w, true)
	return func() { change(w, false) }
}

// change makes a list with or without w.
func change(w *watch, with bool) {
	changing.Lock()
	defer changing.Unlock()
	var list []*watch
	if with {
		list = append(list, w)
	}
	if old := watches.Load(); old != nil {
		for _, other := range *old {
			if other != w {
				list = append(list, other)
			}
		}
	}
	if len(list) == 0 {
		watches.Store(nil)
		return
	}
	watches.Store(&list)
}
