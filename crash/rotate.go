package crash

// maxPeriod is the longest cycle of functions that is recognised as a
// recursion.
const maxPeriod = 16

// A run is a part of a stack in which a cycle of functions repeats.
type run struct {
	from, period, length int
	first                int // where in the cycle its canonical round begins
}

// findRuns finds the recursions of a stack, given as one number per frame, from
// the top down, and writes them to out. A cycle counts when it is there twice;
// incomplete rounds at both ends belong to the run, so that it does not matter
// at which point of its round a recursion was interrupted, or entered.
//
// Of several periods with which the frames begin to repeat, the one that covers
// most frames is the recursion's: in "a a b a a b" the doubled a is part of a
// round.
func findRuns(frames []digest, out []run) []run {
	for i := 0; i < len(frames); {
		best := run{}
		for p := 1; p <= maxPeriod && i+2*p <= len(frames); p++ {
			n := p
			for i+n < len(frames) && frames[i+n] == frames[i+n-p] {
				n++
			}
			if n >= 2*p && n > best.length {
				best = run{from: i, period: p, length: n}
			}
		}
		if best.period == 0 {
			i++
			continue
		}
		best.first = leastRotation(frames[i : i+best.period])
		out = append(out, best)
		i += best.length
	}
	return out
}

// longest returns the index of the run that covers most frames, -1 if there is
// none.
func longest(runs []run) int {
	best := -1
	for i := range runs {
		if best < 0 || runs[i].length > runs[best].length {
			best = i
		}
	}
	return best
}

// leastRotation returns where the smallest rotation of a round begins.
func leastRotation(round []digest) int {
	best, n := 0, len(round)
	for i := 1; i < n; i++ {
		for j := 0; j < n; j++ {
			x, y := round[(i+j)%n], round[(best+j)%n]
			if x < y {
				best = i
			}
			if x != y {
				break
			}
		}
	}
	return best
}

// fold appends the indices of the frames that stand for a folded stack of n
// frames: those outside runs as they are, of each run its round.
func fold(order []uint8, n int, runs []run) []uint8 {
	for i := 0; i < n; {
		if len(runs) == 0 || runs[0].from != i {
			order = append(order, uint8(i))
			i++
			continue
		}
		order = runs[0].round(order)
		i += runs[0].length
		runs = runs[1:]
	}
	return order
}

// round appends the indices of the frames of a run's canonical round.
func (r *run) round(order []uint8) []uint8 {
	for j := 0; j < r.period; j++ {
		order = append(order, uint8(r.from+(r.first+j)%r.period))
	}
	return order
}
