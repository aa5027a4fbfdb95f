// Package writer writes for many, under a lock.
//
// Incident #early,#earlyfixed: centrifugal/centrifuge#552
// Incident #handler: wmnsk/go-m3ua#11
// Incident #twice,#twicefixed: awnumar/memguard#174
// Incident #rlock,#rlockfixed: decred/dcrdata#102
// Incident #double: uptrace/bun#1017
package writer

import (
	"errors"
	"sync"
)

// A Writer writes.
type Writer struct {
	mu     sync.Mutex
	closed bool
	buf    []byte
	state  sync.RWMutex
	peers  map[string]int
}

// Write writes.
func (w *Writer) Write(b []byte) error {
	w.mu.Lock()
	if w.closed {
		return errors.New("writer: closed") // FAULT mutex-misuse #early shown
	}
	w.buf = append(w.buf, b...)
	w.mu.Unlock()
	return nil
}

// Handle calls a handler under the lock.
func (w *Writer) Handle(h func([]byte) error) error {
	w.mu.Lock()
	if err := h(w.buf); err != nil {
		return err // FAULT mutex-misuse #handler shown
	}
	w.buf = nil
	w.mu.Unlock()
	return nil
}

// Len locks.
func (w *Writer) Len() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.buf)
}

// Reset locks, and asks a method that locks.
func (w *Writer) Reset() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := w.Len() // FAULT mutex-misuse #twice hang
	w.buf = w.buf[:0]
	return n
}

// Peers reads with the wrong unlock.
func (w *Writer) Peers() int {
	w.state.Lock()
	defer w.state.RUnlock() // FAULT mutex-misuse #rlock dies: RUnlock of unlocked RWMutex
	return len(w.peers)
}

// Load unlocks twice.
func (w *Writer) Load(load func() []byte) {
	w.mu.Lock()
	defer w.mu.Unlock()
	b := load()
	if b == nil {
		w.mu.Unlock() // FAULT mutex-misuse #double dies: unlock of unlocked mutex
		return
	}
	w.buf = b
}

// WriteFixed unlocks on all ways.
func (w *Writer) WriteFixed(b []byte) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return errors.New("writer: closed") // FINE mutex-misuse #earlyfixed: deferred
	}
	w.buf = append(w.buf, b...)
	return nil
}

func (w *Writer) lenLocked() int { return len(w.buf) }

// ResetFixed asks a method that does not lock.
func (w *Writer) ResetFixed() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := w.lenLocked() // FINE mutex-misuse #twicefixed: does not lock
	w.buf = w.buf[:0]
	return n
}

// PeersFixed has the right pair.
func (w *Writer) PeersFixed() int {
	w.state.RLock()
	defer w.state.RUnlock() // FINE mutex-misuse #rlockfixed: a pair
	return len(w.peers)
}

// Notify unlocks for a callback and locks again.
func (w *Writer) Notify(call func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.closed = true
	w.mu.Unlock()
	call()
	w.mu.Lock() // FINE mutex-misuse #notify: for the deferred unlock
	w.closed = false
}

// Lock hands the unlock to the caller.
func (w *Writer) Lock() (unlock func()) {
	w.mu.Lock() // FINE mutex-misuse #lock: the caller unlocks
	return w.mu.Unlock
}

// Branches unlocks on each way itself.
func (w *Writer) Branches(b []byte) bool {
	w.mu.Lock()
	if w.closed {
		w.mu.Unlock()
		return false // FINE mutex-misuse #branches: unlocked above
	}
	w.buf = append(w.buf, b...)
	w.mu.Unlock()
	return true
}

// Two locks two mutexes of two values.
func Two(a, b *Writer) int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.buf) + b.Len() // FINE mutex-misuse #two: another value
}

// Try leaves when it cannot have the lock.
func (w *Writer) Try() bool {
	if !w.mu.TryLock() {
		return false // FINE mutex-misuse #try: not locked
	}
	defer w.mu.Unlock()
	return w.closed
}

// New makes a writer.
func New(peers map[string]int) *Writer { return &Writer{peers: peers} }
