package plot

import (
	"fmt"
	"math"
)

// A scale maps values of an axis to pixels.
type scale struct {
	axis     Axis
	from, to float64 // ends of the axis, logarithms where it is logarithmic
	length   float64
}

type tick struct {
	value float64
	label string
}

func (a Axis) scale(values []float64, length float64) scale {
	s := scale{axis: a, length: length}
	lo, hi := a.Min, a.Max
	if lo == 0 && hi == 0 {
		lo, hi = math.Inf(1), math.Inf(-1)
		for _, v := range values {
			if s.has(v) {
				lo, hi = min(lo, v), max(hi, v)
			}
		}
	}
	if math.IsInf(lo, 0) { // nothing to show
		lo, hi = 1, 10
	}
	if a.Log {
		// Whole decades would waste much of a short axis; a little air will do.
		s.from, s.to = math.Log10(lo), math.Log10(hi)
		air := max(0.04*(s.to-s.from), 0.02)
		s.from, s.to = s.from-air, s.to+air
		if s.to-s.from < 0.5 {
			middle := (s.from + s.to) / 2
			s.from, s.to = middle-0.25, middle+0.25
		}
		return s
	}
	if lo == hi {
		lo, hi = lo-1, hi+1
	}
	air := 0.04 * (hi - lo)
	s.from, s.to = lo-air, hi+air
	return s
}

// has reports whether a value can be shown at all.
func (s scale) has(v float64) bool {
	return !math.IsNaN(v) && !math.IsInf(v, 0) && (!s.axis.Log || v > 0)
}

func (s scale) at(v float64) float64 {
	if s.axis.Log {
		v = math.Log10(v)
	}
	return (v - s.from) / (s.to - s.from) * s.length
}

// ticks are at round values: powers of ten, with 2 and 5 between where there are
// few, and every second or third power where there are many.
func (s scale) ticks() []tick {
	format := s.axis.Format
	if format == nil {
		format = func(v float64) string { return fmt.Sprintf("%g", v) }
	}
	var all []tick
	add := func(v float64) { all = append(all, tick{v, format(v)}) }
	if !s.axis.Log {
		step := round((s.to - s.from) / 5)
		for i := math.Ceil(s.from / step); i*step <= s.to; i++ {
			add(i * step)
		}
		return all
	}
	between := []float64{1}
	step := 1
	switch decades := s.to - s.from; {
	case decades < 1.2:
		between = []float64{1, 2, 3, 5, 7}
	case decades < 2.5:
		between = []float64{1, 2, 5}
	case decades > 8:
		step = 2
	}
	for e := int(math.Floor(s.from)); e <= int(math.Ceil(s.to)); e++ {
		if e%step != 0 {
			continue
		}
		for _, m := range between {
			v := m * math.Pow(10, float64(e))
			if l := math.Log10(v); s.from <= l && l <= s.to {
				add(v)
			}
		}
	}
	return all
}

// round returns the least of 1, 2, 5 times a power of ten that is not below v.
func round(v float64) float64 {
	power := math.Pow(10, math.Floor(math.Log10(v)))
	for _, m := range []float64{1, 2, 5} {
		if m*power >= v*(1-1e-9) {
			return m * power
		}
	}
	return 10 * power
}
