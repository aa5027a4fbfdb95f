package leak

import (
	"fmt"
	"time"
)

// A Growth is a number of goroutines that grows without end. It is an error, so
// that it can be captured; its stack is that of the goroutines that grew most.
type Growth struct {
	// From and To are the count at the begin and at the end of the time that
	// was looked at, bursts apart.
	From, To int
	Over     time.Duration
	// PerMinute is the trend, goroutines per minute.
	PerMinute float64
	// States are the goroutines by state at the end: "running", "runnable",
	// "waiting", "not-in-go". nil before Go 1.26.
	States map[string]int
	// Sites are the places whose goroutines have become more since the growth
	// was suspected, at most ten, those that grew most first. nil in a process
	// with more than 100,000 goroutines.
	Sites []Site

	pcs []uintptr
}

// A Site is a place where goroutines are started.
type Site struct {
	// Func is what the goroutines work for: the outermost function of the
	// application on their stacks, or the one they began with. It is no
	// wrapper such as backstop.Go's.
	Func string
	// CreatedBy is the function with the go statement, at File and Line. It is
	// empty when that is no function of the application but Func is one, and in
	// a process with more than 5,000 goroutines, unless an earlier report of it
	// knew. File and Line then are where the goroutines are in Func.
	CreatedBy string
	File      string
	Line      int
	// Before and After are how many there were and are.
	Before, After int
	// Wait is what most of them wait for, as a traceback says it, and Longest
	// how long the one has that has waited longest, in whole minutes by the
	// runtime's clock. Unknown with more than 5,000 goroutines.
	Wait    string
	Longest time.Duration
}

// Error names the place and then the numbers, so that two reports of one leak
// differ in these only.
func (g *Growth) Error() string {
	where := ""
	if len(g.Sites) > 0 {
		s := g.Sites[0]
		where = " of " + s.Func
		if s.CreatedBy != "" {
			where += ", created by " + s.CreatedBy
		}
	}
	return fmt.Sprintf("goroutines%s grow without end: from %d to %d in %v, %.1f a minute",
		where, g.From, g.To, g.Over.Round(time.Second), g.PerMinute)
}

// Callers returns the stack that most goroutines of the first site have, as
// runtime.Callers does, for backstop.Capture.
func (g *Growth) Callers() []uintptr { return g.pcs }
