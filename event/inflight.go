package event

import (
	"slices"

	"github.com/backstop-go/backstop/crash"
)

// FindRequest looks for the request that the event belongs to, if none is known:
// by the labels of the crashed goroutine, by its number among the requests in
// flight, by the goroutine that created it, or because it is the only one.
// Request.Via says when that is not certain. [Interpret] calls it; observers
// that make reports of their own do, once they know what was in flight.
func (e *Event) FindRequest() {
	if e.Request != nil {
		return
	}
	if e.Report != nil {
		if g := e.Report.CrashGoroutine(); g != nil {
			if e.Request = RequestFromLabels(g.Labels); e.Request == nil {
				e.Request = e.byGoroutine(g)
			}
		}
	}
	if e.Request == nil && e.InFlightCount == 1 && len(e.InFlight) > 0 && !e.InFlight[0].Ended && e.Terminal() {
		e.Request = e.InFlight[0].found(ViaOnly)
	}
}

// maxCreators bounds how far a goroutine is followed to those that started it.
const maxCreators = 16

// byGoroutine finds the request that a goroutine serves, or the one that its
// creator, or the creator of that, serves. Goroutine numbers are never used
// again in a process (runtime/proc.go, newproc1).
func (e *Event) byGoroutine(g *crash.Goroutine) *Request {
	if len(e.InFlight) == 0 {
		return nil
	}
	if f := e.inFlight(g.ID); f != nil && !f.Ended {
		return f.found("")
	}
	for range maxCreators {
		if g == nil || g.CreatedBy == nil || g.CreatedBy.Goroutine == 0 {
			return nil
		}
		creator := g.CreatedBy.Goroutine
		if f := e.inFlight(creator); f != nil {
			// It may have been started for a request before, or for all of
			// them, as workers are.
			return f.found(ViaCreator)
		}
		g = find(e.Report, creator)
	}
	return nil
}

func (e *Event) inFlight(goroutine int64) *InFlight {
	for i := range e.InFlight {
		if e.InFlight[i].GoroutineID == goroutine && goroutine != 0 {
			return &e.InFlight[i] // those that are served come last
		}
	}
	return nil
}

func (f *InFlight) found(via Via) *Request {
	r := f.Request
	r.Via = via
	return &r
}

func find(r *crash.Report, id int64) *crash.Goroutine {
	i := slices.IndexFunc(r.Goroutines, func(g crash.Goroutine) bool { return g.ID == id })
	if i < 0 {
		return nil
	}
	return &r.Goroutines[i]
}

// boundInFlight brings the list within its limits.
func (e *Event) boundInFlight() {
	e.InFlightCount = max(e.InFlightCount, len(e.InFlight))
	if len(e.InFlight) > MaxInFlight {
		e.InFlight = e.InFlight[:MaxInFlight]
	}
	for i := range e.InFlight {
		e.InFlight[i].Request.bound()
	}
}
