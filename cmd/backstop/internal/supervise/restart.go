package supervise

import (
	"time"

	"github.com/backstop-go/backstop/event"
)

// A Policy says after which ends a process is started again.
type Policy string

// The restart policies. A stop that was asked for is never followed by a
// restart.
const (
	Never     Policy = "never" // also the zero value
	OnFailure Policy = "on-failure"
	Always    Policy = "always"
)

// Restart says whether and how fast a process is started again. The delay
// doubles from MinBackoff to MaxBackoff with each restart; half of it is
// random, so that a fleet that died together does not return together.
type Restart struct {
	Policy     Policy
	Max        int           // restarts at most; 0 means no limit
	MinBackoff time.Duration // default 500 ms
	MaxBackoff time.Duration // default 1 min
	Healthy    time.Duration // a process that lived this long starts the count anew; default 1 min
}

// again decides after an end; done is the number of restarts so far.
func (r Restart) again(exit event.Exit, failedToStart bool, done int) bool {
	if r.Max > 0 && done >= r.Max {
		return false
	}
	switch r.Policy {
	case Always:
		return true
	case OnFailure:
		return failedToStart || exit.Status != 0
	}
	return false
}

// delay is the time to wait before a restart that follows a number of failures
// in a row; random is in [0, 1).
func (r Restart) delay(failures int, random float64) time.Duration {
	low, high := r.MinBackoff, r.MaxBackoff
	if low <= 0 {
		low = 500 * time.Millisecond
	}
	if high <= 0 {
		high = time.Minute
	}
	high = max(high, low)
	d := low
	for ; failures > 0 && d < high; failures-- {
		d *= 2
	}
	d = min(d, high)
	return d/2 + time.Duration(float64(d/2)*random)
}

func (r Restart) healthy() time.Duration {
	if r.Healthy > 0 {
		return r.Healthy
	}
	return time.Minute
}
