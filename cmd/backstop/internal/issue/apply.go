package issue

import (
	"time"

	"github.com/backstop-go/backstop/event"
)

// KeyOf names the issue an event belongs to. The event has been normalised: it
// has a report with fingerprints.
func KeyOf(e *event.Event) Key {
	return Key{Service: e.Service, Fingerprint: e.Report.Fingerprints.Tolerant}
}

// Apply counts an event into its issue. The first event makes the issue; one
// that happened after the issue was resolved makes it regressed. An event that
// happened before, and only arrived later, is counted and changes no status.
func Apply(s State, e *event.Event) (State, Change) {
	before := s.Status
	if s.Count == 0 && before == "" {
		s = State{
			ID:           s.ID,
			Key:          KeyOf(e),
			Algorithm:    e.Report.Fingerprints.Version,
			Status:       New,
			FirstSeen:    e.OccurredAt,
			FirstRelease: e.Release,
		}
	}
	s.Count++
	s.learn(e)
	if e.OccurredAt.Before(s.FirstSeen) {
		s.FirstSeen, s.FirstRelease = e.OccurredAt, e.Release
	}
	if !e.OccurredAt.Before(s.LastSeen) {
		s.LastSeen, s.LastRelease = e.OccurredAt, e.Release
	}
	switch s.Status {
	case Resolved:
		if e.OccurredAt.After(s.ResolvedAt) {
			s.Status = Regressed
		}
	case New:
		if s.FirstRelease != s.LastRelease {
			s.Status = Ongoing
		}
		s.Status = s.At(s.LastSeen)
	}
	return s, Change{Before: before, State: s, Event: *e}
}

// At is the status of the issue at a time: nobody has to do anything for an
// issue to stop being new.
func (s *State) At(now time.Time) Status {
	if s.Status == New && now.Sub(s.FirstSeen) >= NewFor {
		return Ongoing
	}
	return s.Status
}

// Set gives an issue the status that somebody chose.
func Set(s State, to Status, now time.Time) State {
	s.Status, s.ResolvedAt = to, time.Time{}
	if to == Resolved {
		s.ResolvedAt = now
	}
	return s
}

// A Rest is what is left of an issue when one event is taken out of it.
type Rest struct {
	FirstSeen, LastSeen       time.Time
	FirstRelease, LastRelease string
}

// Withdraw takes an event out of the issue it was counted under, because a
// later observation showed that it belongs elsewhere. The rest says what the
// other events of the issue are; it is not looked at when there are none. A
// State with Count 0 is an issue that should not have been.
func Withdraw(s State, rest Rest) State {
	s.Count--
	if s.Count <= 0 {
		return State{ID: s.ID, Key: s.Key}
	}
	s.FirstSeen, s.FirstRelease = rest.FirstSeen, rest.FirstRelease
	s.LastSeen, s.LastRelease = rest.LastSeen, rest.LastRelease
	if s.Status == Regressed && !s.ResolvedAt.IsZero() && !s.LastSeen.After(s.ResolvedAt) {
		s.Status = Resolved // it was only this event that had brought it back
	}
	return s
}

// learn describes an issue by its first event, and again by one that knows better
// what it was: the runtime prints the headline of a fatal error before the crash
// output begins (runtime/panic.go), so the monitor does not know it, and the
// monitor is often the first to report.
func (s *State) learn(e *event.Event) {
	if s.Class == "" || refines(e.Class, s.Class) {
		s.describe(e)
	}
}

// describe writes down what a person recognises the issue by.
func (s *State) describe(e *event.Event) {
	s.Class = e.Class
	s.Culprit = ""
	if f := e.Report.Origin(); f != nil {
		s.Culprit = clip(f.Func)
	}
	s.Title = title(e)
}

// Amend takes in what a further observation of an event that is counted already
// has shown: that it happened earlier than the first one said, and what it was.
func Amend(s State, e *event.Event) State {
	if s.Count == 1 {
		s.describe(e)
	}
	s.learn(e)
	if e.OccurredAt.Before(s.FirstSeen) {
		s.FirstSeen, s.FirstRelease = e.OccurredAt, e.Release
	}
	return s
}
