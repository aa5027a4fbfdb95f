package leak

import (
	"math"
	"math/rand"
	"testing"
	"time"
)

// A load is a program in fast motion: its goroutines, and its passes per second,
// after some time.
type load func(since time.Duration, r *rand.Rand) (goroutines, rate float64)

func hours(d time.Duration) float64 { return d.Hours() }

func noisy(r *rand.Rand, n, by float64) float64 { return n + by*(2*r.Float64()-1) }

// day is 0 at night and 1 at noon.
func day(since time.Duration) float64 { return (1 - math.Cos(2*math.Pi*since.Hours()/24)) / 2 }

// watched lets a watch look at a load for a while, and returns when it reported.
func watched(f load, for_ time.Duration, seed int64) []time.Duration {
	r := rand.New(rand.NewSource(seed))
	w := newWatcher(Options{OnGrowth: func(*Growth) {}}.withDefaults())
	begin := time.Unix(1_000_000, 0)
	var since time.Duration
	var reports []time.Duration
	w.at.take = func() (census, bool) { return census{}, true }
	w.at.report = func(census, *Growth) bool { reports = append(reports, since); return true }
	passes := 0.0
	for ; since < for_; since += 10 * time.Second {
		n, rate := f(since, r)
		passes += 10 * rate
		w.sample(begin.Add(since), int(max(n, 1)), uint32(uint64(passes)))
		w.done.Wait()
	}
	return reports
}

const daysLong = 24 * time.Hour

// TestLeaksAreSeen wants each leak to be reported, neither at once nor too late.
func TestLeaksAreSeen(t *testing.T) {
	for name, c := range map[string]struct {
		load       load
		from, upTo time.Duration // when it begins, and when it must have been seen
	}{
		"fast": {func(s time.Duration, r *rand.Rand) (float64, float64) {
			return noisy(r, 100+100*s.Minutes(), 20), 50
		}, 0, 70 * time.Minute},
		"fast, later": {func(s time.Duration, r *rand.Rand) (float64, float64) {
			return noisy(r, 500+50*max(0, (s-5*time.Hour).Minutes()), 50), 50
		}, 5 * time.Hour, 6 * time.Hour},
		"slow": {func(s time.Duration, r *rand.Rand) (float64, float64) {
			return noisy(r, 50+2*s.Minutes(), 20), 50
		}, 0, 3 * time.Hour},
		"slow in a large program": {func(s time.Duration, r *rand.Rand) (float64, float64) {
			return noisy(r, 5000+10*s.Minutes(), 300), 50
		}, 0, 5 * time.Hour},
		"with bursts": {func(s time.Duration, r *rand.Rand) (float64, float64) {
			n := noisy(r, 100+10*s.Minutes(), 20)
			if int(s.Seconds())%600 < 40 {
				n += 3000
			}
			return n, 50
		}, 0, 2 * time.Hour},
		"with each request": {func(s time.Duration, r *rand.Rand) (float64, float64) {
			return noisy(r, 100+0.02*50*s.Seconds(), 20), noisy(r, 50, 20)
		}, 0, 70 * time.Minute},
		"through the days": {func(s time.Duration, r *rand.Rand) (float64, float64) {
			return noisy(r, 200+300*day(s)+5*hours(s), 30), 10 + 90*day(s)
		}, 0, 20 * daysLong},
	} {
		t.Run(name, func(t *testing.T) {
			for seed := range int64(5) {
				got := watched(c.load, c.upTo, seed)
				if len(got) == 0 || got[0] < c.from+5*time.Minute {
					t.Errorf("seed %d: reported after %v, want between %v and %v", seed, got, c.from, c.upTo)
				}
			}
		})
	}
}

// TestNoLeaks wants no report.
func TestNoLeaks(t *testing.T) {
	saturating := func(tau time.Duration) load {
		return func(s time.Duration, r *rand.Rand) (float64, float64) {
			return noisy(r, 50+2000*(1-math.Exp(-s.Minutes()/tau.Minutes())), 30), 50
		}
	}
	for name, c := range map[string]struct {
		load load
		long time.Duration
	}{
		"noise": {func(_ time.Duration, r *rand.Rand) (float64, float64) { return noisy(r, 500, 150), 50 }, 7 * daysLong},
		"a drift that comes back": {func() load {
			n := 500.0
			return func(_ time.Duration, r *rand.Rand) (float64, float64) {
				n += 0.02*(500-n) + 40*(2*r.Float64()-1)
				return n, 50
			}
		}(), 3 * daysLong},
		"bursts": {func(s time.Duration, r *rand.Rand) (float64, float64) {
			if int(s.Seconds())%1800 < 120 {
				return noisy(r, 5000, 500), 2000
			}
			return noisy(r, 100, 20), 50
		}, 3 * daysLong},
		"a rise that goes back": {func(s time.Duration, r *rand.Rand) (float64, float64) {
			n := 100.0
			if m := math.Mod(s.Minutes(), 60); m < 30 {
				n += 2000 * min(m, 8) / 8
			}
			return noisy(r, n, 20), 50
		}, daysLong},
		"a step": {func(s time.Duration, r *rand.Rand) (float64, float64) {
			n := 100.0
			if s > 3*time.Hour {
				n = 1000
			}
			return noisy(r, n, 20), 50
		}, 3 * daysLong},
		"two steps": {func(s time.Duration, r *rand.Rand) (float64, float64) {
			n := 100.0
			if s > 3*time.Hour {
				n = 600
			}
			if s > 3*time.Hour+25*time.Minute {
				n = 1000
			}
			return noisy(r, n, 20), 50
		}, 3 * daysLong},
		"a step and back": {func(s time.Duration, r *rand.Rand) (float64, float64) {
			if math.Mod(hours(s), 4) > 2 {
				return noisy(r, 1000, 20), 50
			}
			return noisy(r, 100, 20), 50
		}, 3 * daysLong},
		"a start within minutes": {saturating(3 * time.Minute), daysLong},
		"a start within an hour": {saturating(15 * time.Minute), daysLong},
		"it shrinks":             {func(s time.Duration, r *rand.Rand) (float64, float64) { return noisy(r, 5000-hours(s)*50, 20), 50 }, 3 * daysLong},
		"too little to speak of": {func(s time.Duration, r *rand.Rand) (float64, float64) { return noisy(r, 20+min(hours(s)*5, 45), 5), 50 }, 3 * daysLong},
		"little of a large count": {func(s time.Duration, r *rand.Rand) (float64, float64) {
			return noisy(r, 10000+min(hours(s)*100, 1200), 50), 50
		}, 3 * daysLong},
		"days": {func(s time.Duration, r *rand.Rand) (float64, float64) {
			rate := 20 + 480*day(s)
			return noisy(r, 100+2*rate, 50), noisy(r, rate, 0.1*rate)
		}, 21 * daysLong},
		"days that begin at dawn": {func(s time.Duration, r *rand.Rand) (float64, float64) {
			rate := 20 + 480*day(s+5*time.Hour)
			return noisy(r, 20+2*rate, 50), noisy(r, rate, 0.1*rate)
		}, 21 * daysLong},
		"hours of load": {func(s time.Duration, r *rand.Rand) (float64, float64) {
			rate := 20 + 480*day(24*s)
			return noisy(r, 20+2*rate, 50), noisy(r, rate, 0.1*rate)
		}, 2 * daysLong},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for seed := range int64(3) {
				if got := watched(c.load, c.long, seed); len(got) != 0 {
					t.Errorf("seed %d: reported after %v", seed, got)
				}
			}
		})
	}
}

// TestWavesAreLearnt has a count rise and fall by itself, without traffic that
// would explain it. The first rise is a leak for all that can be known; later
// ones, to where it came back from, are none.
func TestWavesAreLearnt(t *testing.T) {
	for seed := range int64(3) {
		got := watched(func(s time.Duration, r *rand.Rand) (float64, float64) {
			return noisy(r, 200+1000*day(12*s), 20), 50
		}, 3*daysLong, seed)
		if len(got) > 1 || len(got) == 1 && got[0] > 2*time.Hour {
			t.Errorf("seed %d: reported after %v, want at most the first rise", seed, got)
		}
	}
}

// TestQuiet has a leak that goes on: it is reported again, but not before an
// hour has passed and much has come on top.
func TestQuiet(t *testing.T) {
	got := watched(func(s time.Duration, r *rand.Rand) (float64, float64) {
		return noisy(r, 100+100*s.Minutes(), 20), 50
	}, 12*time.Hour, 1)
	if len(got) < 3 || len(got) > 12 {
		t.Errorf("%d reports in twelve hours: %v", len(got), got)
	}
	for i := 1; i < len(got); i++ {
		if got[i]-got[i-1] < time.Hour {
			t.Errorf("reports after %v", got)
		}
	}
}

// TestGaps has no traffic for most of the time, and so no samples.
func TestGaps(t *testing.T) {
	w := newWatcher(Options{}.withDefaults())
	reports := 0
	w.at.take = func() (census, bool) { return census{}, true }
	w.at.report = func(_ census, g *Growth) bool { reports++; return true }
	at := time.Unix(1_000_000, 0)
	for i := range 2000 {
		at = at.Add(time.Duration(i%7*i%13) * time.Minute)
		w.sample(at, 200+i%17, uint32(i))
		w.done.Wait()
	}
	if reports != 0 {
		t.Errorf("%d reports of a count that stays", reports)
	}
	for i := range 200 {
		at = at.Add(2 * time.Minute)
		w.sample(at, 200+10*i, uint32(i))
		w.done.Wait()
	}
	if reports == 0 {
		t.Error("no report of a leak that is looked at every two minutes")
	}
}

func TestTrendIsMeasured(t *testing.T) {
	var points []point
	at := time.Unix(1_000_000, 0)
	for i := range minPoints {
		points = append(points, point{at: at.Add(time.Duration(i) * time.Minute), floor: 100 + 30*i, rate: 5})
	}
	got := judge(points, 100, 0)
	if want := (trend{suspect: true, growing: true, from: 100, to: 430, over: 11 * time.Minute, perMinute: 30}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	if got := judge(points, 100, 1000); !got.quiet() {
		t.Errorf("where the program has been before: %+v", got)
	}
	if got := judge(points[:suspectPoints], 100, 0); !got.suspect || got.growing {
		t.Errorf("half of it: %+v, want a suspicion", got)
	}
	if got := judge(points[:suspectPoints-1], 100, 0); !got.quiet() {
		t.Errorf("too little of it: %+v", got)
	}
	if got := judge(nil, 100, 0); !got.quiet() {
		t.Errorf("nothing: %+v", got)
	}
}
