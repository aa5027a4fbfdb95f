package event

import (
	"encoding/binary"
	"encoding/hex"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/backstop-go/backstop/crash"
)

// NewID returns a fresh event id: 128 random bits from the runtime's generator,
// which is seeded by the system. crypto/rand is avoided on purpose: its first
// use sets a timer of one minute (crypto/internal/sysrand, Read), and a thread
// that goes to sleep meanwhile keeps Go's deadlock detector from working until
// it has passed.
func NewID() string {
	var b [16]byte
	binary.BigEndian.PutUint64(b[:8], rand.Uint64())
	binary.BigEndian.PutUint64(b[8:], rand.Uint64())
	return hex.EncodeToString(b[:])
}

// New makes an event of a report seen by one observer at a time. Class, message
// and stack hash are taken from the report; the caller adds the rest.
func New(r *crash.Report, by Observer, at time.Time) Event {
	e := Event{
		ID:         NewID(),
		Class:      r.Class,
		OccurredAt: at.UTC(),
		Observers:  []Observer{by},
		StackHash:  crash.StackHash(r),
		Report:     r,
	}
	if r.HasMessage {
		m := r.Message
		e.Message = &m
	}
	if g := r.CrashGoroutine(); g != nil {
		e.GoroutineID = g.ID
	}
	return e
}

// Saw reports whether an observer saw the event.
func (e *Event) Saw(o Observer) bool { return slices.Contains(e.Observers, o) }
