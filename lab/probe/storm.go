package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"sort"
	"sync"
	"sync/atomic"
	"time"
)

func init() {
	register("panic-storm", panicStorm)
	register("storm-settings", stormSettings)
	register("defer-under-stops", deferUnderStops)
}

// A squall is many goroutines that panic at once, all alive until the last has
// recovered. It is the storm of program load in small.
type squall struct {
	recovered int             // deferred recovers that returned the goroutine's own value
	ordered   int             // goroutines whose three deferred calls ran, in order
	latencies []time.Duration // from just before the panic to just after the recover
}

func (s squall) share() string {
	return fmt.Sprintf("%.2f %%", 100*float64(s.recovered)/float64(len(s.latencies)))
}

type mine int

func storm(n int) squall {
	start, end := make(chan struct{}), make(chan struct{})
	var alive, done, gone sync.WaitGroup
	alive.Add(n)
	done.Add(n)
	gone.Add(n)
	recovered, calls, latency := make([]bool, n), make([][3]uint8, n), make([]time.Duration, n)
	for i := 0; i < n; i++ {
		go func(i int) {
			defer gone.Done()
			var v any = mine(i)
			alive.Done()
			<-start
			func() {
				var began time.Time
				order := uint8(0)
				defer func() { // a net, so that a miss is counted
					_ = recover()
					order++
					calls[i][2] = order
				}()
				defer func() {
					r := recover()
					latency[i] = time.Since(began)
					recovered[i] = r == v
					order++
					calls[i][1] = order
				}()
				defer func() {
					order++
					calls[i][0] = order
				}()
				began = time.Now()
				panic(v)
			}()
			done.Done()
			<-end
		}(i)
	}
	alive.Wait()
	close(start)
	done.Wait()
	close(end)
	gone.Wait()
	s := squall{latencies: latency}
	for i := range recovered {
		if recovered[i] {
			s.recovered++
		}
		if calls[i] == [3]uint8{1, 2, 3} {
			s.ordered++
		}
	}
	return s
}

// panicStorm lets a hundred thousand goroutines panic at once: about 300 MB. Up
// to a million is what `backstop lab experiment recover-storm` does.
func panicStorm() {
	small, large := storm(1_000), storm(100_000)
	say("recovered_of_1000", small.share())
	say("recovered_of_100000", large.share())
	say("fewer_with_more_goroutines", large.share() != small.share())
	say("broken_chains", len(large.latencies)-large.ordered)
}

// stormSettings looks for what GOMAXPROCS and GOGC change.
func stormSettings() {
	before := runtime.GOMAXPROCS(1)
	say("mean_on_one_processor", delay(typical(func(s squall) time.Duration {
		sum := time.Duration(0)
		for _, l := range s.latencies {
			sum += l
		}
		return sum / time.Duration(len(s.latencies))
	})))
	runtime.GOMAXPROCS(before)

	debug.SetGCPercent(10)
	var stop atomic.Bool
	var gone sync.WaitGroup
	gone.Add(1)
	go func() {
		defer gone.Done()
		for !stop.Load() {
			garbage = make([]byte, 8<<10)
		}
	}()
	lost, broken := 0, 0
	say("median_at_gogc_10", delay(typical(func(s squall) time.Duration {
		lost += len(s.latencies) - s.recovered
		broken += len(s.latencies) - s.ordered
		return middle(s.latencies)
	})))
	stop.Store(true)
	gone.Wait()
	var gc debug.GCStats
	debug.ReadGCStats(&gc)
	say("at_least_5_collections", gc.NumGC >= 5)
	say("lost_at_gogc_10", lost)
	say("broken_chains_at_gogc_10", broken)
}

var garbage []byte

// typical is the median of what some storms show.
func typical(of func(squall) time.Duration) time.Duration {
	var all []time.Duration
	for i := 0; i < 7; i++ {
		all = append(all, of(storm(5_000)))
	}
	return middle(all)
}

// delay tells a time in words: machines are noisy.
func delay(d time.Duration) string {
	switch {
	case d < time.Millisecond:
		return "below 1 ms"
	case d < 3*time.Millisecond:
		return "1 to 3 ms"
	case d < 5*time.Millisecond:
		return "3 to 5 ms"
	case d < 8*time.Millisecond:
		return "5 to 8 ms"
	case d <= 12*time.Millisecond:
		return "8 to 12 ms"
	}
	return "above 12 ms"
}

func middle(all []time.Duration) time.Duration {
	sorted := append([]time.Duration(nil), all...)
	sort.Slice(sorted, func(i, j int) bool { return sorted[i] < sorted[j] })
	return sorted[len(sorted)/2]
}

// deferUnderStops stops the world and preempts goroutines all the time, while
// they defer (in loops, so through runtime.deferproc), panic and recover.
func deferUnderStops() {
	var stop atomic.Bool
	var returnedNil, broken, panics atomic.Int64
	var gone sync.WaitGroup
	for i := 0; i < 4; i++ {
		gone.Add(1)
		go func() {
			defer gone.Done()
			for !stop.Load() {
				order, caught := deferChain(16)
				if caught != "stop" {
					returnedNil.Add(1)
				}
				if order != 16 {
					broken.Add(1)
				}
				panics.Add(1)
			}
		}()
	}
	var m runtime.MemStats
	stops := 0
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end) && (stops < 500 || panics.Load() < 20_000); stops++ {
		runtime.ReadMemStats(&m) // stops the world
		if stops%20 == 0 {
			runtime.GC()
		}
	}
	stop.Store(true)
	gone.Wait()
	say("at_least_500_stops", stops >= 500)
	say("at_least_20000_panics", panics.Load() >= 20_000)
	say("recover_returned_nil", returnedNil.Load())
	say("broken_chains", broken.Load())
}

// deferChain defers n calls in a loop and panics. It returns how many of them ran, in
// order, each after the one that was deferred behind it.
func deferChain(n int) (inOrder int, caught any) {
	defer func() { caught = recover() }()
	for i := 0; i < n; i++ {
		i := i
		defer func() {
			if inOrder == n-1-i {
				inOrder++
			}
		}()
	}
	panic("stop")
}
