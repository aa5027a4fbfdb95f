package event

import (
	"crypto/rand"
	"encoding/hex"
	"slices"
	"time"

	"github.com/backstop-go/backstop/crash"
)

// NewID returns a fresh event id. It cannot fail: since Go 1.24 crypto/rand
// never returns an error, and before that an id made of the time still is
// unique enough for one host.
func NewID() string {
	var b [16]byte
	if _, err := rand.Read(b[:]); err != nil {
		copy(b[:], time.Now().UTC().Format("060102150405.000000000"))
	}
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
