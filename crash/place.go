package crash

import (
	"fmt"
	"math"
	"strings"
)

// Evidence is what is known beside two reports that are compared. The zero
// value is nothing.
type Evidence struct {
	// A and B know the programs that the reports are of.
	A, B Program
	// OneBuild says that both reports are of one build of the program, so
	// that lines and closures can be compared as they are.
	OneBuild bool
}

// A Program knows where the functions of a program stand in its source, from
// the source itself or from the executable.
type Program interface {
	// Place says where a frame stands. It is false when the program is not
	// the one that crashed, as far as the frame tells, or has no answer.
	Place(f *Frame) (Place, bool)
}

// A Place is where the statement of a frame stands in its function. The lines
// are those of the frame's file.
type Place struct {
	// First and Last are the lines of the outermost function, or, for a
	// closure outside functions, of the declaration around it. Last is 0 when
	// it is not known, as of a function that was inlined everywhere.
	First, Last int
	// Source are the lines from First to Last, when the source is there.
	Source []string
	// Code is how many bytes of machine code each line from First on has,
	// when the executable is there.
	Code []int
}

// SameWith is Same with more evidence. Where the source, or the executable, of
// both reports is at hand it tells two lines, or two closures, of one function
// apart, and knows them again when they moved.
func SameWith(a, b *Report, e Evidence) Verdict {
	c := comparison{a: newSide(a), b: newSide(b), evidence: e}
	c.refs = c.lineRefs()
	return c.verdict()
}

// placed asks the programs whether two elements of one function stand at one
// statement.
func (c *comparison) placed(x, y *element) (relation, string) {
	if c.evidence.A == nil || c.evidence.B == nil {
		return unknown, ""
	}
	best, why := unknown, ""
	for i, f := range x.frames[:min(len(x.frames), maxLines)] {
		for j, g := range y.frames[:min(len(y.frames), maxLines)] {
			if i > 0 && j > 0 && x.frames[i-1].Line == f.Line && y.frames[j-1].Line == g.Line {
				continue
			}
			p, ok := c.evidence.A.Place(f)
			if !ok {
				continue
			}
			q, ok := c.evidence.B.Place(g)
			if !ok {
				continue
			}
			rel, text := samePlace(f, &p, g, &q)
			if rel == sameStatement {
				return rel, text
			}
			if best == unknown {
				best, why = rel, text
			}
		}
	}
	return best, why
}

// samePlace compares two places: the source of their functions line by line, or
// else how far they are from the beginning, and from the end, of the function.
func samePlace(f *Frame, p *Place, g *Frame, q *Place) (relation, string) {
	i, j := f.Line-p.First, g.Line-q.First
	if i >= 0 && i < len(p.Source) && j >= 0 && j < len(q.Source) {
		one, other := strings.TrimSpace(p.Source[i]), strings.TrimSpace(q.Source[j])
		switch sameLine(p.Source, i, q.Source, j) {
		case sameStatement:
			if one == other {
				return sameStatement, fmt.Sprintf("the source says the same statement: %s", one)
			}
			return sameStatement, fmt.Sprintf("the source says that %s became %s", one, other)
		default:
			if one == other {
				return otherStatement, fmt.Sprintf("the source says two statements that look alike: %s, at %d and %d", one, f.Line, g.Line)
			}
			return otherStatement, fmt.Sprintf("the source says %s in the first and %s in the second", one, other)
		}
	}
	known := p.Last > 0 && q.Last > 0
	numbers := fmt.Sprintf("line %d of the function in the first, line %d in the second", i+1, j+1)
	switch {
	case known && p.Last-p.First == q.Last-q.First:
		return relationOf(i == j), numbers
	case i >= 0 && i < len(p.Code) && j >= 0 && j < len(q.Code):
		return relationOf(sameCode(p.Code, i, q.Code, j)), numbers + ", by the code around"
	case known:
		return relationOf(i == j || p.Last-f.Line == q.Last-g.Line), numbers
	case i == j:
		return sameStatement, numbers
	case f.Func != outermost(f.Func) || g.Func != outermost(g.Func):
		return unknown, "" // closures before it come and go
	}
	return otherStatement, numbers
}

// maxCodeLines bounds the lines of two functions that are compared by their code.
const maxCodeLines = 1000

// sameCode says whether line i of a function is line j of another version of it,
// by how much machine code each line has: whether the cheapest way to make one
// function of the other, by inserting and removing lines and by changing how
// much code a line has, makes one of the other. Another compiler changes most
// lines a little, and inlining some of them a lot.
func sameCode(a []int, i int, b []int, j int) bool {
	x, y := withCode(a, i), withCode(b, j)
	if len(x) > maxCodeLines || len(y) > maxCodeLines {
		return i == j || len(a)-i == len(b)-j
	}
	const (
		gap   = 0.6 // for a line that only one has: as a line with 1.8 times the code
		most  = 0.9 // for a line with other code
		apart = 0.3 // for one that is not as far from the line above
	)
	change := func(k, l int) float64 {
		cost := min(most, math.Abs(math.Log(float64(a[x[k]]+1)/float64(b[y[l]]+1))))
		if k > 0 && l > 0 && x[k]-x[k-1] != y[l]-y[l-1] {
			cost += apart
		}
		return cost
	}
	width := len(y) + 1
	cost := make([]float64, (len(x)+1)*width)
	for k := len(x); k >= 0; k-- {
		for l := len(y); l >= 0; l-- {
			best := math.Inf(1)
			if k == len(x) && l == len(y) {
				best = 0
			}
			if k < len(x) {
				best = min(best, cost[(k+1)*width+l]+gap)
			}
			if l < len(y) {
				best = min(best, cost[k*width+l+1]+gap)
			}
			if k < len(x) && l < len(y) {
				best = min(best, cost[(k+1)*width+l+1]+change(k, l))
			}
			cost[k*width+l] = best
		}
	}
	for k, l := 0, 0; k < len(x) && l < len(y); {
		switch cost[k*width+l] {
		case cost[(k+1)*width+l+1] + change(k, l):
			if x[k] == i || y[l] == j {
				return x[k] == i && y[l] == j
			}
			k, l = k+1, l+1
		case cost[(k+1)*width+l] + gap:
			if x[k] == i {
				return false
			}
			k++
		default:
			if y[l] == j {
				return false
			}
			l++
		}
	}
	return false
}

// withCode returns the indices of the lines that have code, and of line i.
func withCode(code []int, i int) []int {
	var lines []int
	for k, n := range code {
		if n > 0 || k == i {
			lines = append(lines, k)
		}
	}
	return lines
}

// maxDiff bounds the lines of two functions that are compared one by one.
const maxDiff = 1500

// sameLine says whether line i of a function is line j of another version of
// it: whether a longest common subsequence of both pairs them. Lines that were
// changed, and stand between the same others, are one statement.
func sameLine(a []string, i int, b []string, j int) relation {
	trim := func(lines []string) []string {
		out := make([]string, len(lines))
		for k, line := range lines {
			out[k] = strings.TrimSpace(line)
		}
		return out
	}
	a, b = trim(a), trim(b)
	prefix := 0
	for prefix < len(a) && prefix < len(b) && a[prefix] == b[prefix] {
		prefix++
	}
	if i < prefix || j < prefix {
		return relationOf(i == j)
	}
	suffix := 0
	for suffix < len(a)-prefix && suffix < len(b)-prefix && a[len(a)-1-suffix] == b[len(b)-1-suffix] {
		suffix++
	}
	if i >= len(a)-suffix || j >= len(b)-suffix {
		return relationOf(len(a)-i == len(b)-j)
	}
	a, b = a[prefix:len(a)-suffix], b[prefix:len(b)-suffix]
	i, j = i-prefix, j-prefix
	if len(a) > maxDiff || len(b) > maxDiff {
		return relationOf(a[i] == b[j])
	}
	match := matches(a, b)
	if match[i] >= 0 {
		return relationOf(match[i] == j)
	}
	for k := range match {
		if match[k] == j {
			return otherStatement
		}
	}
	// Both were changed: the lines above are the same ones.
	above := -1
	for k := 0; k < i; k++ {
		above = max(above, match[k])
	}
	below := len(b)
	for k := len(a) - 1; k > i; k-- {
		if match[k] >= 0 {
			below = match[k]
		}
	}
	return relationOf(above < j && j < below)
}

func relationOf(same bool) relation {
	if same {
		return sameStatement
	}
	return otherStatement
}

// matches pairs the lines of a longest common subsequence: the index in b for
// each line of a, -1 for none.
func matches(a, b []string) []int {
	width := len(b) + 1
	length := make([]uint16, (len(a)+1)*width)
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			if a[i] == b[j] {
				length[i*width+j] = length[(i+1)*width+j+1] + 1
			} else {
				length[i*width+j] = max(length[(i+1)*width+j], length[i*width+j+1])
			}
		}
	}
	match := make([]int, len(a))
	i, j := 0, 0
	for i < len(a) {
		switch {
		case j < len(b) && a[i] == b[j]:
			match[i] = j
			i, j = i+1, j+1
		case j < len(b) && length[i*width+j+1] > length[(i+1)*width+j]:
			j++
		default:
			match[i] = -1
			i++
		}
	}
	return match
}
