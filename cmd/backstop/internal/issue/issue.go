// Package issue decides what an event means for the issue it belongs to: is it
// new, does it go on, has it come back? Start with [Apply]. The package is
// pure: it knows no clock and no store.
package issue

import (
	"time"

	"github.com/backstop-go/backstop/crash"
	"github.com/backstop-go/backstop/event"
)

// Status is where an issue stands in its life.
type Status string

// The statuses of an issue.
const (
	New       Status = "new"       // first seen less than NewFor ago, in its first release
	Ongoing   Status = "ongoing"   // goes on
	Resolved  Status = "resolved"  // somebody said that it is fixed
	Regressed Status = "regressed" // came back after it was resolved
)

// NewFor is how long an issue stays new.
const NewFor = 24 * time.Hour

// A Key is what all events of an issue share.
type Key struct {
	Service     string
	Fingerprint string // the tolerant one
}

// A State is everything Apply has to know about an issue. The zero State is
// an issue that does not exist yet.
type State struct {
	ID           int64 // given by the store; 0 before
	Key          Key
	Algorithm    int // version of the fingerprint
	Class        crash.Class
	Title        string // one line a person recognises the issue by
	Culprit      string // first application frame, "shop/cart.(*Cart).Add"
	Status       Status
	Count        int64
	FirstSeen    time.Time
	LastSeen     time.Time
	FirstRelease string
	LastRelease  string
	ResolvedAt   time.Time
}

// A Change is what one event did to its issue.
type Change struct {
	Before Status // empty when the event made the issue
	State  State  // after the event
	Event  event.Event
}
