package experiment

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Verdicts are sentences about the numbers. Each is computed: other numbers give
// other sentences.

// An article's success rates by number of goroutines (claims A1-2.4-a and
// A1-2.4-b), and how far a measurement may be from them: half of the last digit.
var claimed = []struct {
	N         int
	Rate, Off float64
}{{100_000, 0.9998, 0.00005}, {500_000, 0.923, 0.0005}, {786_432, 0.791, 0.0005}, {1_000_000, 0.637, 0.0005}}

// StormVerdict says whether there is a critical point.
func (r *Report) StormVerdict() []string {
	var all []string
	var whole []string
	bound, panics := math.MaxInt, 0
	for _, s := range r.Searches {
		switch {
		case s.Panics == 0 && s.Critical == 0:
			all = append(all, fmt.Sprintf("On %s nothing panicked: this says nothing about recover.", s.Toolchain))
		case s.Critical == 0:
			whole = append(whole, s.Toolchain)
			bound = min(bound, s.Bound)
			panics += s.Panics
		default:
			all = append(all, fmt.Sprintf("**On %s recover fails from about %s goroutines on**: there %s of the panics were recovered, at %s all of them.",
				s.Toolchain, count(s.Critical), percent(s.Rate), count(s.Good)))
		}
	}
	if len(whole) > 0 {
		all = append(all, fmt.Sprintf("**There is no critical point up to %s** on %s: each of %s was recovered, by its own guard.",
			plural(bound, "goroutine", "goroutines"), list(whole), plural(panics, "panic", "panics")))
	}
	if s := r.againstClaim(); s != "" {
		all = append(all, s)
	}
	if s := r.tail(); s != "" {
		all = append(all, s)
	}
	return all
}

// againstClaim compares with what an article says, where it was measured.
func (r *Report) againstClaim() string {
	agree, differ, furthest := 0, 0, ""
	worst := 0.0
	for _, s := range r.Storms {
		for _, c := range claimed {
			if s.N != c.N || s.Panicked == 0 && s.Died == "" {
				continue
			}
			gap := math.Abs(s.Rate() - c.Rate)
			if gap <= c.Off {
				agree++
				continue
			}
			differ++
			if gap > worst {
				worst = gap
				furthest = fmt.Sprintf("%s at %s goroutines, where %s was measured on %s", percentShort(c.Rate), count(c.N), percent(s.Rate()), s.Toolchain)
			}
		}
	}
	switch {
	case agree+differ == 0:
		return ""
	case differ == 0:
		return "The success rates of article A1 (section 2.4) agree with what was measured."
	}
	return fmt.Sprintf("Article A1 (section 2.4) says %s; %d of %d measurements agree with its rates.", furthest, agree, agree+differ)
}

func percentShort(rate float64) string { return fmt.Sprintf("%.4g %%", 100*rate) }

// tail tells the typical latency from the worst.
func (r *Report) tail() string {
	var p50, p99, longest []int64
	n := 0
	for _, s := range r.Storms {
		if s.Telling() {
			n = max(n, s.N)
		}
	}
	for _, s := range r.Storms {
		if s.N == n && s.Telling() {
			p50, p99, longest = append(p50, s.P50), append(p99, s.P99), append(longest, s.Max)
		}
	}
	if len(p50) == 0 {
		return ""
	}
	text := fmt.Sprintf("With %s goroutines half of the recovers came within %s, 99 %% within %s; the longest took %s.",
		count(n), between(span, p50), between(span, p99), between(span, longest))
	if len(longest) > 0 && len(p99) > 0 && slices.Max(longest) > 100*slices.Max(p99) {
		text += " The longest is far from the rest: that goroutine lost its processor between panic and recover, to another thread or to one of those let go with it."
	}
	return text
}

// noise is the factor below which a difference is not told from noise.
const noise = 2

// ParameterVerdict compares each setting with its base, over all toolchains.
func (r *Report) ParameterVerdict() []string {
	var all []string
	lost, panicked := 0, 0
	for _, p := range r.Parameters {
		lost += p.Panicked - p.Recovered
		panicked += p.Panicked
		if p.Died != "" {
			all = append(all, fmt.Sprintf("On %s the program did not come back with %s: %s.", p.Toolchain, p.Name(), p.Died))
		}
	}
	if panicked == 0 {
		return all
	}
	if lost == 0 {
		all = append(all, fmt.Sprintf("**No setting loses a panic**: all %s were recovered.", count(panicked)))
	} else {
		all = append(all, fmt.Sprintf("**%s of %s panics were not recovered.**", count(lost), count(panicked)))
	}
	for _, c := range comparisons {
		if s := r.effect(c); s != "" {
			all = append(all, s)
		}
	}
	if s := r.growth(); s != "" {
		all = append(all, s)
	}
	return all
}

// growth says what it costs when a stack has to grow in the midst of a panic.
func (r *Report) growth() string {
	worst, where := 0.0, ""
	for _, t := range r.Toolchains {
		for _, d := range depths {
			with, err := r.find(t, "stack depth", d)
			without, errWithout := r.find(t, noRoom, d)
			if err != nil || errWithout != nil || with.P50 == 0 {
				continue
			}
			if f := float64(without.P50) / float64(with.P50); f > worst {
				worst = f
				where = fmt.Sprintf("p50 at %s on %s: %s → %s", plural(atoi(d), "frame", "frames"), t, span(with.P50), span(without.P50))
			}
		}
	}
	if worst < noise {
		return ""
	}
	return fmt.Sprintf("A panic needs some stack itself. Where none is left, the stack grows in the midst of it: **up to %s** (%s).", times(worst), where)
}

func atoi(s string) int {
	n, _ := strconv.Atoi(s)
	return n
}

// A comparison is of one setting with another, in one value.
type comparison struct {
	words                              string // "With ..."
	group, value, baseGroup, baseValue string
	what                               string
	of                                 func(Parameter) int64
	more                               string // said where the value grows on every toolchain
}

func p50(p Parameter) int64      { return p.P50 }
func p99(p Parameter) int64      { return p.P99 }
func perPanic(p Parameter) int64 { return p.PerPanic }

var comparisons = []comparison{
	{"GOMAXPROCS=1 in place of 2", "GOMAXPROCS", "1", "GOMAXPROCS", "2", "p50", p50, ""},
	{"GOMAXPROCS=8 in place of 2", "GOMAXPROCS", "8", "GOMAXPROCS", "2", "p50", p50, ""},
	{"a collector at work (GOGC=10), against none", "allocator, GOGC", "10", "allocator, GOGC", "off", "p50", p50, ""},
	{"a collector at work (GOGC=10), against none", "allocator, GOGC", "10", "allocator, GOGC", "off", "p99", p99, ""},
	{
		"a collector at work, where the clock also runs while the value of the panic is made",
		"allocator, value made late, GOGC", "10", "allocator, value made late, GOGC", "off", "p99", p99,
		"What waits is the memory for the value, not recover.",
	},
	{"two goroutines that compute without calls", "CPU spinners", "2", "usual", "", "p50", p50, ""},
	{"asyncpreemptoff=1", "asyncpreemptoff", "1", "usual", "", "p50", p50, ""},
	{"100 frames in place of 1", "stack depth", "100", "stack depth", "1", "p50", p50, ""},
	{"1,000 frames in place of 1", "stack depth", "1000", "stack depth", "1", "p50", p50, ""},
	{"debug.Stack in the handler", "debug.Stack in the handler", "", "usual", "", "processor time for each panic", perPanic, ""},
}

// effect says what a setting does to a value: that it makes no difference only
// where it makes none on any toolchain.
func (r *Report) effect(c comparison) string {
	var from, to []int64
	var factors []float64
	for _, t := range r.Toolchains {
		p, err := r.find(t, c.group, c.value)
		base, errBase := r.find(t, c.baseGroup, c.baseValue)
		if err != nil || errBase != nil || c.of(p) == 0 || c.of(base) == 0 {
			continue
		}
		from, to = append(from, c.of(base)), append(to, c.of(p))
		factors = append(factors, float64(c.of(p))/float64(c.of(base)))
	}
	if len(factors) == 0 {
		return ""
	}
	lo, hi := slices.Min(factors), slices.Max(factors)
	factor := times(lo)
	if times(hi) != factor {
		factor += "–" + times(hi)
	}
	numbers := fmt.Sprintf("%s: %s → %s", c.what, between(span, from), between(span, to))
	switch {
	case hi < noise && lo > 1.0/noise:
		return fmt.Sprintf("With %s: no difference that stands out of the noise (%s).", c.words, numbers)
	case lo >= noise:
		return strings.TrimSpace(fmt.Sprintf("With %s: **%s** (%s). %s", c.words, factor, numbers, c.more))
	case hi <= 1.0/noise:
		return fmt.Sprintf("With %s: **less, %s** (%s).", c.words, factor, numbers)
	}
	return fmt.Sprintf("With %s: %s, so it depends on the toolchain, or on noise (%s).", c.words, factor, numbers)
}

// DeathVerdict says what grows with the goroutines.
func (r *Report) DeathVerdict() []string {
	var all []string
	for _, level := range levels {
		var small, large []Death
		for _, d := range r.Deaths {
			if d.Level != level {
				continue
			}
			switch d.N {
			case deathSizes[0]:
				small = append(small, d)
			case deathSizes[len(deathSizes)-1]:
				large = append(large, d)
			}
		}
		if len(small) == 0 || len(large) == 0 {
			continue
		}
		bytes := func(d Death) int64 { return d.Stderr }
		wall := func(d Death) int64 { return d.Wall }
		cpu := func(d Death) int64 { return d.CPU }
		first, last := small[0].N, large[0].N
		perGoroutine := float64(large[0].Stderr-small[0].Stderr) / float64(last-first)
		if perGoroutine < 1 {
			all = append(all, fmt.Sprintf("GOTRACEBACK=%s prints %s whether %s or %s goroutines wait; death takes %s and %s (%s and %s of processor time).",
				level, between(size, of(append(small, large...), bytes)), count(first), count(last),
				between(span, of(small, wall)), between(span, of(large, wall)), between(span, of(small, cpu)), between(span, of(large, cpu))))
			continue
		}
		all = append(all, fmt.Sprintf("**GOTRACEBACK=%s prints about %s for each goroutine**: %s with %s of them, and death takes %s (%s of processor time) in place of %s (%s) with %s.",
			level, size(int64(perGoroutine)), between(size, of(large, bytes)), count(last),
			between(span, of(large, wall)), between(span, of(large, cpu)), between(span, of(small, wall)), between(span, of(small, cpu)), count(first)))
	}
	return all
}

func of[T any](all []T, f func(T) int64) []int64 {
	var values []int64
	for _, v := range all {
		values = append(values, f(v))
	}
	return values
}

// OverflowVerdict says what a lower limit saves.
func (r *Report) OverflowVerdict() []string {
	var all []string
	var usual []Overflow
	for _, o := range r.Overflows {
		if o.Max == 0 {
			usual = append(usual, o)
		}
	}
	if len(usual) == 0 {
		return nil
	}
	memory := func(o Overflow) int64 { return o.Memory }
	cpu := func(o Overflow) int64 { return o.CPU }
	all = append(all, fmt.Sprintf("**With the default limit a stack overflow takes %s of memory and %s of processor time** before the program dies: where a container has less, it is killed and prints nothing.",
		between(size, of(usual, memory)), between(span, of(usual, cpu))))
	for _, limit := range maxStacks {
		if limit == 0 {
			continue
		}
		var lower []Overflow
		var less, faster []float64
		for _, o := range r.Overflows {
			if o.Max != limit {
				continue
			}
			lower = append(lower, o)
			for _, u := range usual {
				if u.Toolchain == o.Toolchain {
					less = append(less, float64(u.Memory)/float64(max(1, o.Memory)))
					faster = append(faster, float64(u.CPU)/float64(max(1, o.CPU)))
				}
			}
		}
		if len(less) > 0 {
			all = append(all, fmt.Sprintf("debug.SetMaxStack(%d<<20): %s and %s, %s less memory and %s less processor time.", limit>>20,
				between(size, of(lower, memory)), between(span, of(lower, cpu)), times(median(less)), times(median(faster))))
		}
	}
	return all
}
