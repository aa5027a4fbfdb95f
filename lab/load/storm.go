package main

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"
)

// A storm is N goroutines that wait behind a barrier, are let go together, and
// panic with a probability, some frames deep, each under a deferred recover. None
// ends before all have: N are alive at every panic.
//
// The instrument takes no lock and shares no counter: each goroutine writes to
// slots of its own.
type storm struct {
	n, depth int
	p        float64
	seed     uint64
	stacks   bool    // the handler calls debug.Stack
	room     bool    // the stack has grown before, to more than a panic needs
	late     bool    // the value of a panic is made while the clock runs
	spoil    float64 // share of handlers that call recover one call too deep

	alive, done    sync.WaitGroup
	start, release chan struct{}
	outcome        []outcome
	latency        []time.Duration
}

type outcome uint8

const (
	quiet     outcome = iota // no panic, and recover returned nil
	recovered                // the deferred recover returned the goroutine's own value
	missed                   // it did not: the net behind it caught the panic
	wrong                    // recover returned something else
)

// A number is what goroutine i panics with.
type number int

// A stormResult is what the process saw. Latency is from just before a panic to
// just after its recover, over the recovered panics.
type stormResult struct {
	Go         string        `json:"go"`
	GOMAXPROCS int           `json:"gomaxprocs"`
	N          int           `json:"n"`
	Panicked   int           `json:"panicked"`
	Recovered  int           `json:"recovered"`
	Missed     int           `json:"missed"`
	Wrong      int           `json:"wrong"`
	P50        time.Duration `json:"p50_ns"`
	P99        time.Duration `json:"p99_ns"`
	P999       time.Duration `json:"p999_ns"`
	Max        time.Duration `json:"max_ns"`
	Wall       time.Duration `json:"wall_ns"` // from letting go to the last goroutine
	CPU        time.Duration `json:"cpu_ns"`  // of the process in that time
	GCs        int64         `json:"gcs"`
}

func stormCase(args []string) {
	s := storm{start: make(chan struct{}), release: make(chan struct{})}
	f := flag.NewFlagSet("storm", flag.ExitOnError)
	f.IntVar(&s.n, "n", 10000, "goroutines")
	f.IntVar(&s.depth, "depth", 5, "frames between the guard and the panic")
	f.Float64Var(&s.p, "p", 0.05, "probability of a panic")
	f.Uint64Var(&s.seed, "seed", 1, "chooses who panics")
	f.BoolVar(&s.stacks, "stacks", false, "the handler calls debug.Stack")
	f.BoolVar(&s.room, "room", false, "let the stacks grow before")
	f.BoolVar(&s.late, "late", false, "make the value of a panic while the clock runs")
	f.Float64Var(&s.spoil, "spoil", 0, "share of handlers whose recover is one call too deep")
	allocators := f.Int("allocators", 0, "goroutines that allocate all the time")
	spinners := f.Int("spinners", 0, "goroutines that compute without calls")
	_ = f.Parse(args)
	if s.n < 1 || s.depth < 1 || !(s.p >= 0 && s.p <= 1) || !(s.spoil >= 0 && s.spoil <= 1) {
		fmt.Fprintln(os.Stderr, "storm: -n and -depth are at least 1, -p and -spoil between 0 and 1")
		os.Exit(97)
	}
	disturb(*allocators, *spinners)
	print(s.run())
}

func (s *storm) run() stormResult {
	s.outcome, s.latency = make([]outcome, s.n), make([]time.Duration, s.n)
	s.alive.Add(s.n)
	s.done.Add(s.n)
	for i := 0; i < s.n; i++ {
		go s.goroutine(i)
	}
	s.alive.Wait()
	gcs, before, began := collections(), cpu(), time.Now()
	close(s.start)
	s.done.Wait()
	r := stormResult{Wall: time.Since(began), CPU: cpu() - before, GCs: collections() - gcs}
	s.tally(&r) // the others still wait
	close(s.release)
	return r
}

func (s *storm) goroutine(i int) {
	if s.room {
		s.descend(2*s.depth+100, i, false, nil)
	}
	s.alive.Done()
	<-s.start
	s.netted(i)
	s.done.Done()
	<-s.release
}

// netted catches what the guard under test should have caught, so that a miss is
// counted. Without it a single miss would end the process.
func (s *storm) netted(i int) {
	defer func() {
		if recover() != nil {
			s.outcome[i] = missed
		}
	}()
	s.guarded(i)
}

// guarded is the guard under test.
func (s *storm) guarded(i int) {
	var began time.Time
	defer func() {
		var v any
		if s.chance(i, 1) < s.spoil {
			v = tooDeep()
		} else {
			v = recover()
		}
		if v == nil {
			return
		}
		s.latency[i] = time.Since(began)
		s.outcome[i] = recovered
		if v != number(i) {
			s.outcome[i] = wrong
		}
		if s.stacks {
			debug.Stack()
		}
	}()
	s.descend(s.depth-1, i, s.chance(i, 0) < s.p, &began)
}

// tooDeep is not the deferred function itself: its recover returns nil.
//
//go:noinline
func tooDeep() any { return recover() }

// descend panics some frames further down.
//
//go:noinline
func (s *storm) descend(frames, i int, doomed bool, began *time.Time) int {
	if frames > 0 {
		return s.descend(frames-1, i, doomed, began) + 1
	}
	if !doomed {
		return 0
	}
	if s.late {
		*began = time.Now()
	}
	var v any = number(i) // takes memory, and that may have to wait for the collector
	if !s.late {
		*began = time.Now()
	}
	panic(v)
}

// chance is a number in [0, 1) that depends on the seed, the goroutine and what
// it is for: the same goroutines panic in every run.
func (s *storm) chance(i int, what uint64) float64 {
	x := s.seed<<48 ^ what<<40 ^ uint64(i)
	x += 0x9e3779b97f4a7c15 // one step of the generator SplitMix64
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	x ^= x >> 31
	return float64(x>>11) / (1 << 53)
}

func (s *storm) tally(r *stormResult) {
	r.Go, r.GOMAXPROCS, r.N = runtime.Version(), runtime.GOMAXPROCS(0), s.n
	var sample []time.Duration
	for i, o := range s.outcome {
		switch o {
		case recovered:
			r.Recovered++
			sample = append(sample, s.latency[i])
		case missed:
			r.Missed++
		case wrong:
			r.Wrong++
		}
		if s.chance(i, 0) < s.p {
			r.Panicked++
		}
	}
	r.P50, r.P99, r.P999, r.Max = quantile(sample, 0.5), quantile(sample, 0.99), quantile(sample, 0.999), quantile(sample, 1)
}

func collections() int64 {
	var gc debug.GCStats
	debug.ReadGCStats(&gc) // stops nobody, unlike runtime.ReadMemStats
	return gc.NumGC
}

var (
	garbage [64]atomic.Pointer[[8192]byte]
	counter atomic.Uint64
)

// disturb starts goroutines that allocate, and some that never call anything: a
// stop of the world has to interrupt those.
func disturb(allocators, spinners int) {
	for i := 0; i < allocators; i++ {
		go func() {
			for i := 0; ; i++ {
				garbage[i%len(garbage)].Store(new([8192]byte))
			}
		}()
	}
	for i := 0; i < spinners; i++ {
		go func() {
			for {
				counter.Add(1)
			}
		}()
	}
}
