package postmortem

import (
	"slices"
	"testing"
	"time"
)

// Cycles are found from wherever one looks, once each, and nothing else is one.
func TestLockCycles(t *testing.T) {
	w := newWorld()
	locker := func(id int64, waits uint64, holds ...uint64) Goroutine {
		g := w.in(id, "sync.Mutex.Lock", "main.lock", 1)
		g.WaitsFor, g.Holds = waits, holds
		return g
	}
	for _, c := range []struct {
		name string
		all  []Goroutine
		want [][]int64
	}{
		{"nobody holds", []Goroutine{locker(1, 10), locker(2, 20)}, nil},
		{"a chain", []Goroutine{locker(1, 10), locker(2, 20, 10), locker(3, 30, 20)}, nil},
		{"two, and one behind them", []Goroutine{locker(1, 10, 20), locker(2, 20, 10), locker(3, 10)}, [][]int64{{1, 2}}},
		{"the one behind comes first", []Goroutine{locker(3, 10), locker(1, 10, 20), locker(2, 20, 10)}, [][]int64{{2, 1}}},
		{"three, and one by itself", []Goroutine{locker(1, 10, 20), locker(2, 20, 30), locker(3, 30, 10), locker(4, 40, 40)}, [][]int64{{1, 2, 3}, {4}}},
		{"those who deferred before they locked", []Goroutine{locker(1, 10, 10), locker(2, 10)}, [][]int64{{1}}},
		{"the holder runs", []Goroutine{locker(1, 10, 20), w.in(2, "running", "main.run", 2)}, nil},
		{"holds what it does not wait for as a lock", []Goroutine{locker(1, 10, 20), {ID: 2, State: "chan receive", WaitsFor: 20, Holds: []uint64{10}}}, nil},
	} {
		var got [][]int64
		for _, f := range lockCycles(w.snapshot(0, c.all...)) {
			got = append(got, f.Goroutines)
		}
		if !slices.EqualFunc(got, c.want, slices.Equal) {
			// A cycle may begin with any of its members.
			rotated := len(got) == len(c.want)
			for i := range got {
				rotated = rotated && slices.Equal(slices.Sorted(slices.Values(got[i])), slices.Sorted(slices.Values(c.want[i])))
			}
			if !rotated {
				t.Errorf("%s: %v", c.name, got)
			}
		}
	}
}

// Ten seconds before one lock are nothing, before each of two they are.
func TestSeveralLocks(t *testing.T) {
	w := newWorld()
	locker := func(id int64, waits uint64, wait time.Duration) Goroutine {
		g := w.in(id, "sync.Mutex.Lock", "main.lock", 1)
		g.WaitsFor, g.Wait = waits, wait
		return g
	}
	runs := w.in(9, "running", "main.run", 2)
	for _, c := range []struct {
		name string
		all  []Goroutine
		want string
	}{
		{"one", []Goroutine{locker(1, 10, 15*time.Second), runs}, ""},
		{"two who wait for one", []Goroutine{locker(1, 10, 15*time.Second), locker(2, 10, 12*time.Second), runs}, ""},
		{"two", []Goroutine{locker(1, 10, 15*time.Second), locker(2, 20, 12*time.Second), runs}, "lock lock"},
		{"two, one not for long", []Goroutine{locker(1, 10, 15*time.Second), locker(2, 20, 2*time.Second), runs}, ""},
		{"one for a minute", []Goroutine{locker(1, 10, time.Minute), runs}, "lock"},
	} {
		if got := kinds(w.snapshot(0, c.all...).Findings()); got != c.want {
			t.Errorf("%s: %s", c.name, got)
		}
	}
}
