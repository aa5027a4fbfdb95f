package backstop

import (
	"testing"
	"time"
)

// SetFault makes our own code call f at each named point until the test ends.
func SetFault(t testing.TB, f func(point string)) {
	fault.Store(&f)
	t.Cleanup(func() { fault.Store(nil) })
}

// Settle waits until everything captured so far is in the spool.
func Settle(t testing.TB) {
	t.Helper()
	for a := current.Load(); a != nil && a.active.Load() > 0; {
		time.Sleep(20 * time.Microsecond)
	}
}

// Untold returns how many panics nobody was told of.
func Untold() uint64 { return untold.Load() }

// Describe is how a panic value is described.
func Describe(v any) (typ, text string) { return describe(v) }

// TracebackLevel is the level that goes with the number of goroutines, "" when
// it was chosen otherwise.
func TracebackLevel() string {
	if level := follows.Load(); level != nil {
		return *level
	}
	return ""
}

// ArmPoints lets the environment be read again, as it is during the test.
func ArmPoints(t *testing.T, spec, file string) {
	t.Setenv("BACKSTOP_POINTS", spec)
	t.Setenv("BACKSTOP_POINTS_FILE", file)
	forget := func() {
		points.mu.Lock()
		defer points.mu.Unlock()
		if points.file != nil {
			points.file.Close()
		}
		points.terms, points.counts, points.file = nil, nil, nil
		pointing.Store(pointsUnread)
	}
	forget()
	t.Cleanup(forget)
}
