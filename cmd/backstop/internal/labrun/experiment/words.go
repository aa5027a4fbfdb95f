package experiment

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// count writes 1000000 as "1,000,000".
func count[T int | int64](n T) string {
	digits := strconv.FormatInt(int64(n), 10)
	var b strings.Builder
	for i, d := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 && digits[i-1] != '-' {
			b.WriteByte(',')
		}
		b.WriteRune(d)
	}
	return b.String()
}

// size writes bytes with three digits that count.
func size[T int | int64 | uint64](bytes T) string {
	return scaled(float64(bytes), 1000, " B", " kB", " MB", " GB")
}

// span writes nanoseconds with three digits that count.
func span[T int | int64](ns T) string {
	d := float64(ns)
	if d >= float64(time.Second) {
		return digits(d/float64(time.Second)) + " s"
	}
	return scaled(d, 1000, " ns", " µs", " ms")
}

func scaled(v, step float64, units ...string) string {
	i := 0
	for i < len(units)-1 && math.Abs(v) >= step {
		v, i = v/step, i+1
	}
	return digits(v) + units[i]
}

func digits(v float64) string {
	switch a := math.Abs(v); {
	case a >= 100 || v == math.Trunc(v):
		return strconv.FormatFloat(v, 'f', 0, 64)
	case a >= 10:
		return strconv.FormatFloat(v, 'f', 1, 64)
	}
	return strconv.FormatFloat(v, 'f', 2, 64)
}

// percent shows at once whether something is missing: only a whole is "100 %".
func percent(rate float64) string {
	if rate == 1 {
		return "100 %"
	}
	text := strconv.FormatFloat(100*rate, 'f', 4, 64)
	if text == "100.0000" {
		text = strconv.FormatFloat(100*rate, 'g', 12, 64)
	}
	return text + " %"
}

// times writes a factor.
func times(f float64) string { return "×" + digits(f) }

// between writes the least and the greatest of some values, once if they read the
// same.
func between(format func(int64) string, values []int64) string {
	lo, hi := values[0], values[0]
	for _, v := range values {
		lo, hi = min(lo, v), max(hi, v)
	}
	if format(lo) == format(hi) {
		return format(lo)
	}
	return format(lo) + "–" + format(hi)
}

// list writes "a, b and c".
func list(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " and " + words[len(words)-1]
}

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%s %s", count(n), many)
}
