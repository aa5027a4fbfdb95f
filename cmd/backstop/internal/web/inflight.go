package web

import (
	"fmt"
	"time"

	"github.com/backstop-go/backstop/event"

	"github.com/backstop-go/backstop/cmd/backstop/internal/htmlview"
)

// firstInFlight is how many requests in flight a page shows unfolded.
const firstInFlight = 8

// An inFlight is the list of requests that were being served when a process
// ended, oldest first.
type inFlight struct {
	Count    int
	Rows     []inFlightRow // the first ones
	Folded   []inFlightRow
	Unlisted int // how many more there were
}

type inFlightRow struct {
	Request   event.Request
	Age       string // how long it had been served, "" when the clocks disagree
	Goroutine int64
	Crashed   bool // by the goroutine that crashed
}

// newInFlight makes the list, nil when nothing is known to have been in flight.
func newInFlight(e *event.Event) *inFlight {
	count := max(e.InFlightCount, len(e.InFlight))
	if count == 0 {
		return nil
	}
	l := &inFlight{Count: count}
	for i := range e.InFlight[:min(len(e.InFlight), event.MaxInFlight)] {
		f := &e.InFlight[i]
		l.Rows = append(l.Rows, inFlightRow{
			Request: f.Request, Age: age(e.OccurredAt.Sub(f.StartedAt)), Goroutine: f.GoroutineID,
			Crashed: f.GoroutineID != 0 && f.GoroutineID == e.GoroutineID,
		})
	}
	l.Unlisted = count - len(l.Rows)
	// One more row takes no more room than the line that unfolds it.
	if len(l.Rows) > firstInFlight+1 {
		l.Rows, l.Folded = l.Rows[:firstInFlight], l.Rows[firstInFlight:]
	}
	return l
}

// age says how long a request had been served: in milliseconds where that tells
// something.
func age(d time.Duration) string {
	switch {
	case d < 0 || d > 365*24*time.Hour:
		return ""
	case d < time.Second:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	case d < 10*time.Second:
		return fmt.Sprintf("%.1f s", d.Seconds())
	}
	return roughly(d)
}

// viaText says how a request was found that was not found by the goroutine that
// serves it; "" when it was.
func viaText(v event.Via) string {
	switch v {
	case "":
		return ""
	case event.ViaCreator:
		return "It is the request of the goroutine that started this one, which may have begun to serve another since."
	case event.ViaOnly:
		return "It was the only request in flight when the process ended."
	}
	return "Found in a way that this version does not know: " + htmlview.Plain(40, string(v)) + "."
}

// killerText says who ended a process, in words that follow "ended by SIGKILL".
func killerText(k event.Killer) string {
	switch k {
	case "":
		return ""
	case event.ByOOMKiller:
		return "the kernel's OOM killer"
	case event.ByLimit:
		return "the kernel, at a resource limit"
	case event.BySupervisor:
		return "backstop run, its supervisor"
	case event.BySelf:
		return "the process itself"
	}
	return htmlview.Plain(40, string(k))
}
