package leak

import (
	"slices"
	"time"
)

// A point is a stretch of time.
type point struct {
	at    time.Time // its last sample
	floor int       // the smallest count in it: bursts do not show
	peak  int       // the highest floor of the shortest stretches in it
	rate  float64   // passes per second: the traffic
}

// A window is the latest stretches of one length.
type window struct {
	length time.Duration
	points []point // complete ones, oldest first

	begun  time.Time // of the open stretch
	floor  int
	peak   int
	passes uint32 // at its begin

	before  *census // taken when the trend was suspected
	lasting int     // judgements in a row that saw growth
}

// add takes a sample. It reports whether a stretch is complete.
func (w *window) add(at time.Time, n int, passes uint32) (complete bool) {
	if w.begun.IsZero() {
		w.begun, w.floor, w.peak, w.passes = at, n, 0, passes
		return false
	}
	w.floor = min(w.floor, n)
	took := at.Sub(w.begun)
	if took < w.length {
		return false
	}
	if len(w.points) == maxPoints {
		w.points = slices.Delete(w.points, 0, 1)
	}
	rate := float64(passes-w.passes) / took.Seconds() // also when the counter has gone round
	w.points = append(w.points, point{at: at, floor: w.floor, peak: max(w.peak, w.floor), rate: rate})
	w.begun, w.floor, w.peak, w.passes = at, n, 0, passes
	return true
}

func (w *window) reset() { *w = window{length: w.length, points: w.points[:0]} }

// A trend is what a window says.
type trend struct {
	suspect, growing bool

	from, to  int
	over      time.Duration
	perMinute float64
}

func (t trend) quiet() bool { return !t.suspect }

const (
	minPoints     = 12   // for a judgement
	maxPoints     = 24   // kept
	suspectPoints = 6    // for a suspicion, which only takes a profile
	minShare      = 0.25 // of the count by which it has to grow
	minOrder      = 0.8  // Kendall's tau: how steadily the points rise
	minPersist    = 0.3  // of the whole slope that the second half and the end must have
	maxJump       = 0.5  // of the growth that may happen at once
	loadMargin    = 1.5  // how much faster than traffic a count may rise
)

// judge decides about the floors of a window; it is pure. A leak
//
//   - has grown, in absolute numbers and relative to where it began, and above
//     known, where the program has been before and came back from;
//   - rises nearly always: noise and waves do not;
//   - still rises in its second half and at the end: what fills up levels off;
//   - does not rise in one jump: a step is a new normal;
//   - has not gone back;
//   - is not explained by traffic that has risen as much.
//
// Medians and Theil-Sen slopes keep single points from deciding.
func judge(points []point, minGrowth, known int) trend {
	n := len(points)
	if n < suspectPoints {
		return trend{}
	}
	quarter := max(n/4, 2)
	from, to := medianFloor(points[:quarter]), medianFloor(points[n-quarter:])
	need := max(float64(minGrowth), minShare*float64(from))
	grown := float64(to - max(from, known))
	if grown < need/2 || order(points) < minOrder || !persists(points) || jumps(points) || wentBack(points, from) || explained(points, quarter, from, to) {
		return trend{}
	}
	return trend{
		suspect: true, growing: n >= minPoints && grown >= need,
		from: points[0].floor, to: points[n-1].floor,
		over:      points[n-1].at.Sub(points[0].at),
		perMinute: slope(points),
	}
}

func medianFloor(points []point) int {
	floors := make([]int, len(points))
	for i, p := range points {
		floors[i] = p.floor
	}
	slices.Sort(floors)
	return floors[len(floors)/2]
}

func medianRate(points []point) float64 {
	rates := make([]float64, len(points))
	for i, p := range points {
		rates[i] = p.rate
	}
	slices.Sort(rates)
	return rates[len(rates)/2]
}

// order is Kendall's tau of floors and time: 1 when each point is above those
// before it, 0 when there is no order.
func order(points []point) float64 {
	n, sum := len(points), 0
	for i := range points {
		for j := i + 1; j < n; j++ {
			switch {
			case points[j].floor > points[i].floor:
				sum++
			case points[j].floor < points[i].floor:
				sum--
			}
		}
	}
	return float64(sum) / float64(n*(n-1)/2)
}

// slope is the Theil-Sen slope, the median of those between all pairs, in
// goroutines per minute.
func slope(points []point) float64 {
	var slopes []float64
	for i := range points {
		for j := i + 1; j < len(points); j++ {
			if took := points[j].at.Sub(points[i].at).Minutes(); took > 0 {
				slopes = append(slopes, float64(points[j].floor-points[i].floor)/took)
			}
		}
	}
	if len(slopes) == 0 {
		return 0
	}
	slices.Sort(slopes)
	return slopes[len(slopes)/2]
}

func persists(points []point) bool {
	n, whole := len(points), slope(points)
	second, end := points[n/2:], points[n-max(n/3, 3):]
	return slope(second) >= minPersist*whole && slope(end) >= minPersist*whole
}

func jumps(points []point) bool {
	highest := 0
	for i := 1; i < len(points); i++ {
		highest = max(highest, points[i].floor-points[i-1].floor)
	}
	return float64(highest) > maxJump*float64(points[len(points)-1].floor-points[0].floor)
}

func wentBack(points []point, from int) bool {
	highest := from
	for _, p := range points {
		highest = max(highest, p.floor)
	}
	return float64(points[len(points)-1].floor-from) < 0.8*float64(highest-from)
}

// explained reports whether the traffic has risen as the count has.
func explained(points []point, quarter, from, to int) bool {
	before, after := medianRate(points[:quarter]), medianRate(points[len(points)-quarter:])
	if after < 1.2*before {
		return false
	}
	return float64(to)*before <= loadMargin*float64(from)*after
}
