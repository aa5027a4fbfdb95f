// Package poll polls at an interval that comes from outside.
//
// Incident #polling: JulienBalestra/kube-csr#22
// Incident #random,#randomfixed: crowdsecurity/crowdsec#1991
// Incident #heartbeat: gmallard/stompngo#34
// Incident #reset: wneessen/arrgo#23
package poll

import (
	"context"
	"flag"
	"math/rand/v2"
	"strconv"
	"time"
)

const (
	interval = 10 * time.Second
	delta    = 15 * time.Second
)

// Every polls at the interval of the flags.
func Every(ctx context.Context, args []string, poll func()) error {
	fs := flag.NewFlagSet("poll", flag.ContinueOnError)
	every := fs.Duration("polling-period", time.Minute, "")
	if err := fs.Parse(args); err != nil {
		return err
	}
	t := time.NewTicker(*every) // FAULT panicking-stdlib-arg #polling panic: non-positive interval
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-t.C:
			poll()
		}
	}
}

func jitter(d, by time.Duration) time.Duration {
	return time.Duration(float64(d) + float64(by)*(-1.0+2.0*rand.Float64()))
}

// Random polls with jitter that is wider than the interval.
func Random() *time.Ticker {
	return time.NewTicker(jitter(interval, delta)) // FAULT panicking-stdlib-arg #random panic: non-positive interval
}

// Heartbeat uses half of what the other side said.
func Heartbeat(header string) (*time.Ticker, error) {
	ms, err := strconv.Atoi(header)
	if err != nil {
		return nil, err
	}
	return time.NewTicker(time.Duration(ms/2) * time.Millisecond), nil // FAULT panicking-stdlib-arg #heartbeat panic: non-positive interval
}

// Until ticks again after what is left.
func Until(t *time.Ticker, next time.Time) {
	t.Reset(time.Until(next)) // FAULT panicking-stdlib-arg #reset panic: non-positive interval
}

// RandomFixed never goes below a second.
func RandomFixed() *time.Ticker {
	return time.NewTicker(max(jitter(interval, delta), time.Second)) // FINE panicking-stdlib-arg #randomfixed: at least a second
}

// EveryFixed checks.
func EveryFixed(d time.Duration) *time.Ticker {
	if d <= 0 {
		d = time.Minute
	}
	return time.NewTicker(d) // FINE panicking-stdlib-arg #everyfixed: positive here
}

// Constant is constant.
func Constant() *time.Ticker {
	return time.NewTicker(interval / 2) // FINE panicking-stdlib-arg #constant: a constant
}

// Timer allows zero and less.
func Timer(next time.Time) *time.Timer {
	return time.NewTimer(time.Until(next)) // FINE panicking-stdlib-arg #timer: a timer allows zero and less
}
