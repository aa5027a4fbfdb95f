package supervise

import (
	"testing"
	"time"

	"github.com/backstop-go/backstop/event"
)

func TestRestartPolicy(t *testing.T) {
	good, bad, killed := event.Exit{}, event.Exit{Status: 1}, event.Exit{Status: -1, Signal: "SIGKILL"}
	for _, c := range []struct {
		r      Restart
		exit   event.Exit
		failed bool
		done   int
		want   bool
	}{
		{Restart{}, bad, false, 0, false},
		{Restart{Policy: Never}, bad, true, 0, false},
		{Restart{Policy: OnFailure}, good, false, 0, false},
		{Restart{Policy: OnFailure}, bad, false, 1000, true},
		{Restart{Policy: OnFailure}, killed, false, 0, true},
		{Restart{Policy: OnFailure}, good, true, 0, true},
		{Restart{Policy: OnFailure, Max: 2}, bad, false, 1, true},
		{Restart{Policy: OnFailure, Max: 2}, bad, false, 2, false},
		{Restart{Policy: Always}, good, false, 0, true},
		{Restart{Policy: Always, Max: 1}, good, false, 1, false},
	} {
		if got := c.r.again(c.exit, c.failed, c.done); got != c.want {
			t.Errorf("%+v after %+v (failed to start: %v, %d restarts): %v", c.r, c.exit, c.failed, c.done, got)
		}
	}
}

func TestRestartDelay(t *testing.T) {
	const almostOne = 1 - 1e-12
	for _, c := range []struct {
		r         Restart
		failures  int
		low, high time.Duration
	}{
		{Restart{}, 0, 250 * time.Millisecond, 500 * time.Millisecond},
		{Restart{}, 1, 500 * time.Millisecond, time.Second},
		{Restart{}, 3, 2 * time.Second, 4 * time.Second},
		{Restart{}, 1 << 30, 30 * time.Second, time.Minute},
		{Restart{MinBackoff: time.Second, MaxBackoff: 3 * time.Second}, 2, 1500 * time.Millisecond, 3 * time.Second},
		{Restart{MinBackoff: time.Hour}, 0, 30 * time.Minute, time.Hour},
		{Restart{MinBackoff: 1, MaxBackoff: 1 << 62}, 1 << 30, 1 << 61, 1 << 62},
	} {
		low, high := c.r.delay(c.failures, 0), c.r.delay(c.failures, almostOne)
		if low != c.low || high > c.high || high < c.high-c.high/1000-1 {
			t.Errorf("%+v after %d failures: %v to %v, want %v to %v", c.r, c.failures, low, high, c.low, c.high)
		}
	}
}
