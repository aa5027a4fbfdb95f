package experiment

// A Search looked for the least number of goroutines at which recover fails.
type Search struct {
	Toolchain string `json:"toolchain"`
	// Bound is the largest number that was tried.
	Bound int `json:"bound"`
	// Critical is the least number at which a panic was not recovered, 0 where
	// there was none; Good is the greatest below it at which all were.
	Critical int     `json:"critical"`
	Good     int     `json:"good"`
	Rate     float64 `json:"rate"` // at Critical
	Panics   int     `json:"panics"`
}

// closeEnough ends a search: the point is known to one part in a hundred.
const closeEnough = 100

// search measures sizes, in ascending order, until one fails, and then halves the
// distance between it and the last good one. Sizes above the first bad one are
// measured too: they are asked for. It returns all it measured, by size.
func search(sizes []int, measure func(n int) (Storm, error)) (Search, []Storm, error) {
	var found Search
	var storms []Storm
	look := func(n int) (bad bool, err error) {
		s, err := measure(n)
		if err != nil {
			return false, err
		}
		storms = insert(storms, s)
		found.Panics += s.Panicked
		found.Bound = max(found.Bound, n)
		switch {
		case s.Whole() && (found.Critical == 0 || n < found.Critical):
			found.Good = max(found.Good, n)
		case !s.Whole() && (found.Critical == 0 || n < found.Critical):
			found.Critical, found.Rate = n, s.Rate()
		}
		return !s.Whole(), nil
	}
	for _, n := range sizes {
		if _, err := look(n); err != nil {
			return found, storms, err
		}
	}
	for found.Critical > 0 && found.Critical-found.Good > max(1, found.Critical/closeEnough) {
		if _, err := look((found.Critical + found.Good) / 2); err != nil {
			return found, storms, err
		}
	}
	return found, storms, nil
}

func insert(storms []Storm, s Storm) []Storm {
	i := 0
	for i < len(storms) && storms[i].N < s.N {
		i++
	}
	return append(storms[:i], append([]Storm{s}, storms[i:]...)...)
}
