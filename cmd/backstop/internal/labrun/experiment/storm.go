package experiment

import (
	"context"
	"fmt"
	"strconv"
)

// A Storm is N goroutines let go together, of which a share panics, each under a
// deferred recover of its own. Counts are sums over the runs, percentiles are
// medians of them, Max is the longest of all. Times are in nanoseconds.
type Storm struct {
	Toolchain string  `json:"toolchain"`
	N         int     `json:"n"`
	P         float64 `json:"p"`
	Runs      int     `json:"runs"`
	Panicked  int     `json:"panicked"`
	Recovered int     `json:"recovered"`
	Missed    int     `json:"missed"` // recover returned nil
	Wrong     int     `json:"wrong"`  // it returned somebody else's value
	P50       int64   `json:"p50_ns"`
	P99       int64   `json:"p99_ns"`
	P999      int64   `json:"p999_ns"`
	Max       int64   `json:"max_ns"`
	CPU       int64   `json:"cpu_ns"`         // least of the runs, for the whole storm
	Memory    int64   `json:"memory_bytes"`   // bytes, the largest resident set
	Load      float64 `json:"load"`           // highest before a run
	Died      string  `json:"died,omitempty"` // the process did not live to tell
}

// Rate is the share of panics that were recovered. Where the process died some
// recover did not work, and nobody knows how many.
func (s *Storm) Rate() float64 {
	if s.Died != "" || s.Panicked == 0 && s.Missed+s.Wrong > 0 {
		return 0
	}
	if s.Panicked == 0 {
		return 1
	}
	return float64(s.Recovered) / float64(s.Panicked)
}

// fewest panics of which percentiles mean something.
const fewest = 100

// Telling reports whether there were enough panics to speak of percentiles.
func (s *Storm) Telling() bool { return s.Died == "" && s.Panicked >= fewest }

// Whole reports whether every panic was recovered, each by its own guard.
func (s *Storm) Whole() bool {
	return s.Died == "" && s.Missed == 0 && s.Wrong == 0 && s.Recovered == s.Panicked
}

// seen is what program load prints of a storm.
type seen struct {
	Panicked, Recovered, Missed, Wrong int
	P50                                int64 `json:"p50_ns"`
	P99                                int64 `json:"p99_ns"`
	P999                               int64 `json:"p999_ns"`
	Max                                int64 `json:"max_ns"`
	CPU                                int64 `json:"cpu_ns"`
	GCs                                int64 `json:"gcs"`
}

func recoverStorm(ctx context.Context, b *bench) error {
	for _, t := range b.report.Toolchains {
		found, storms, err := search(b.options.N, func(n int) (Storm, error) {
			return b.storm(ctx, t, n)
		})
		if err != nil {
			return err
		}
		found.Toolchain = t
		b.report.Searches = append(b.report.Searches, found)
		b.report.Storms = append(b.report.Storms, storms...)
	}
	return nil
}

// storm runs one size. The large ones are run less often: they have enough
// panics for their percentiles, and take their time.
func (b *bench) storm(ctx context.Context, toolchain string, n int) (Storm, error) {
	runs := b.options.Repeat
	switch {
	case n >= 750_000:
		runs = 1
	case n > 100_000:
		runs = min(runs, 3)
	}
	return b.gather(ctx, toolchain, n, b.options.P, runs, nil)
}

func (b *bench) gather(ctx context.Context, toolchain string, n int, p float64, runs int, more []string) (Storm, error) {
	s := Storm{Toolchain: toolchain, N: n, P: p, Runs: runs}
	var p50, p99, p999, cpu []int64
	for i := range runs {
		var one seen
		args := append([]string{"storm", "-n", strconv.Itoa(n), "-p", fmt.Sprint(p), "-seed", strconv.Itoa(i + 1)}, more...)
		run, err := b.see(ctx, toolchain, &one, nil, args...)
		if err != nil {
			return s, err
		}
		s.Load = max(s.Load, run.load)
		s.Memory = max(s.Memory, run.trace.Result.Memory)
		if run.died != "" {
			s.Died = run.died
			continue
		}
		s.Panicked += one.Panicked
		s.Recovered += one.Recovered
		s.Missed += one.Missed
		s.Wrong += one.Wrong
		s.Max = max(s.Max, one.Max)
		cpu = append(cpu, one.CPU)
		if one.Panicked > 0 {
			p50, p99, p999 = append(p50, one.P50), append(p99, one.P99), append(p999, one.P999)
		}
	}
	s.P50, s.P99, s.P999, s.CPU = median(p50), median(p99), median(p999), least(cpu)
	return s, nil
}
