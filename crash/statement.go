package crash

import (
	"fmt"
	"sort"
	"strings"
)

// A relation says whether two frames of one function stand at one statement.
type relation int

const (
	unknown relation = iota
	sameStatement
	otherStatement
)

// near is how far apart two places of a file are at most when it is unlikely that
// an edit of the file went between them: an eighth of the lines that are known of
// it, and no more than a screen holds.
func near(last int) int { return min(last/8, 12) }

// far is how far apart two places of a file are at least when lines may have been
// inserted and others removed between them.
const far = 100

// A lineRef is a function that both reports show at one line each: where in the
// file lines were inserted or removed, if anywhere.
type lineRef struct {
	outer      string // the outermost function
	pkg, file  string // of it; the base name
	a, b       int
	offA, offB uint32
	app        bool
}

// lineRefs finds the functions that both reports show, in whichever goroutine,
// always at the same line.
func (c *comparison) lineRefs() []lineRef {
	x, y := c.a.positions(), c.b.positions()
	var refs []lineRef
	for fn, p := range x {
		q := y[fn]
		if q == nil || p.line == 0 || q.line == 0 || p.file != q.file {
			continue
		}
		if p.path != q.path {
			c.moved = true // built in another directory, or with -trimpath
		}
		pkg, _ := cutFunc(fn)
		outer := outermost(strings.TrimSuffix(fn, creates))
		refs = append(refs, lineRef{outer: outer, pkg: pkg, file: p.file, a: p.line, b: q.line, offA: p.offset, offB: q.offset, app: IsApp(fn)})
	}
	sort.Slice(refs, func(i, j int) bool {
		x, y := &refs[i], &refs[j]
		if x.outer != y.outer {
			return x.outer < y.outer
		}
		return x.a+x.b < y.a+y.b
	})
	return refs
}

// A position is the one line at which a report shows a function; 0 if there
// are several.
type position struct {
	path   string // of the file, as printed
	file   string // its base name
	line   int
	offset uint32
}

// positions bounds.
const (
	maxRefGoroutines = 1000
	maxRefFunctions  = 5000
)

func (s *side) positions() map[string]*position {
	all := make(map[string]*position)
	add := func(fn, file string, line int, offset uint32) {
		if line == 0 || len(all) > maxRefFunctions {
			return
		}
		p := all[fn]
		if p == nil {
			all[fn] = &position{path: file, file: baseName(file), line: line, offset: offset}
		} else if p.line != line {
			p.line = 0
		}
	}
	stack := func(frames []Frame, c *CreatedBy) {
		for i := range frames[:min(len(frames), maxCompared)] {
			f := &frames[i]
			add(f.Func, f.File, f.Line, f.Offset)
		}
		if c != nil {
			add(c.Func+creates, c.File, c.Line, 0)
		}
	}
	if len(s.r.Goroutines) == 0 {
		stack(s.r.CrashStack(), nil)
	}
	for i := range s.r.Goroutines[:min(len(s.r.Goroutines), maxRefGoroutines)] {
		g := &s.r.Goroutines[i]
		stack(g.Frames, g.CreatedBy)
	}
	return all
}

// creates stands behind the name of a function where it started a goroutine,
// which it does at another line than it calls something.
const creates = " creates"

// sameBuild reports whether the code around two frames, but for their functions, shows
// that both reports are of one build: functions are at the same line and the
// same distance from their entry. Functions on the way may be at another line,
// but fewer. The standard library never is in one build.
func (c *comparison) sameBuild(f, g *Frame) bool {
	one, two := outermost(f.Func), outermost(g.Func)
	if c.moved || c.a.r.GoVersion != c.b.r.GoVersion && c.a.r.GoVersion != "" && c.b.r.GoVersion != "" {
		return false
	}
	equal, other := 0, 0
	for i := range c.refs {
		r := &c.refs[i]
		known := r.offA != 0 && r.offB != 0
		switch {
		case r.outer == one, r.outer == two:
		case !r.app && r.a != r.b:
			return false
		case !known:
		case r.a == r.b && r.offA == r.offB:
			if r.app { // the library is the same in all builds of a toolchain
				equal++
			}
		case r.a == r.b, r.offA == r.offB: // another compiler, other flags; the same code, moved
			other += 2
		default:
			other++
		}
	}
	return equal > other
}

// noneMoved reports whether nothing but the functions of two frames shows that
// there were two builds: no code is the same at another line, or other at the
// same line.
func (c *comparison) noneMoved(f, g *Frame) bool {
	if c.moved || c.a.r.GoVersion != c.b.r.GoVersion && c.a.r.GoVersion != "" && c.b.r.GoVersion != "" {
		return false
	}
	one, two := outermost(f.Func), outermost(g.Func)
	seen := false
	for i := range c.refs {
		r := &c.refs[i]
		known := r.offA != 0 && r.offB != 0 && r.outer != one && r.outer != two
		if !r.app && r.a != r.b || known && (r.a == r.b) != (r.offA == r.offB) {
			return false
		}
		seen = seen || known && r.app
	}
	return seen
}

// statement says whether two elements of one function stand at one statement,
// as far as the text tells.
func (c *comparison) statement(x, y *element, startX, startY int) (relation, string) {
	f, g := x.frames[0], y.frames[0]
	if f.Line == 0 || g.Line == 0 || baseName(f.File) != baseName(g.File) {
		return unknown, ""
	}
	if c.evidence.OneBuild && otherClosure(f.Func, g.Func) {
		return otherStatement, fmt.Sprintf("%s and %s are two closures of one build", f.Func, g.Func)
	}
	if rel, why := c.placed(x, y); rel != unknown {
		return rel, why
	}
	linesX, linesY := lines(x), lines(y)
	if startX > 0 && startY > 0 {
		if meet(linesX, linesY, startY-startX) {
			return sameStatement, fmt.Sprintf("%s recurses at the same line of the function", x.name)
		}
		return otherStatement, fmt.Sprintf("%s recurses at another line of the function", x.name)
	}
	equal := meet(linesX, linesY, 0)
	here := fmt.Sprintf("both are at %s:%d", baseName(f.File), f.Line)
	isClosure := f.Func != outermost(f.Func)
	cx, cy := x.caller, y.caller
	moved := !equal && !otherClosure(f.Func, g.Func) && cx.Offset != 0 && cx.Offset == cy.Offset // no line has the code of another, in one build
	if moved && !isClosure {
		return sameStatement, fmt.Sprintf("the code of %s is the same, at other lines", cx.Func)
	}
	if !moved && (c.evidence.OneBuild || c.sameBuild(f, g)) {
		switch {
		case !equal:
			return otherStatement, fmt.Sprintf("the reports are of one build, and %s is at line %d in the first and %d in the second", x.name, f.Line, g.Line)
		case otherClosure(f.Func, g.Func) && c.a.in.Family != familyHeadless:
			return otherStatement, fmt.Sprintf("the reports are of one build, and %s and %s are two closures", f.Func, g.Func)
		}
		return sameStatement, here
	}
	refs := c.besides(f, g)
	oneMessage := !isClosure && c.a.in.Template != "" && c.a.in.Template == c.b.in.Template
	best, why := otherStatement, ""
	for _, from := range linesX {
		for _, to := range linesY {
			rel, text := shifted(from, to, refs, oneMessage)
			if why == "" || rel == sameStatement || rel == unknown && best == otherStatement {
				best, why = rel, text
			}
		}
	}
	if best == unknown && equal {
		return sameStatement, here
	}
	if best == otherStatement || equal || isClosure || oneMessage || cx.Offset == 0 || cy.Offset == 0 || cx.Offset == cy.Offset {
		return best, why
	}
	// Other code, at another line: in two builds only if the function changed, or
	// the compiler.
	isNear := within(g.Line-f.Line, few) || within(g.Line-f.Line, -few)
	if !isNear && (best == sameStatement || cx != f || cy != g) || !c.noneMoved(f, g) {
		return best, why
	}
	return otherStatement, fmt.Sprintf("line %d and line %d of %s have code of their own, and nothing shows that there were two builds", f.Line, g.Line, x.name)
}

// few is how many lines apart two statements often are: that a caller's line moved
// by as many is chance.
const few = 4

// besides returns the functions of the file of two frames that both reports
// show, but for their own.
func (c *comparison) besides(f, g *Frame) []lineRef {
	file, own, other := baseName(f.File), outermost(f.Func), outermost(g.Func)
	pkgF, _ := cutFunc(f.Func) // of an inlined closure, that of its caller
	pkgG, _ := cutFunc(g.Func)
	var refs []lineRef
	for i := range c.refs {
		r := &c.refs[i]
		if r.file == file && r.outer != own && r.outer != other && (r.pkg == pkgF || r.pkg == pkgG) {
			refs = append(refs, *r)
		}
	}
	return refs
}

// shift is by how many lines a function moved.
func (r *lineRef) shift() int { return r.b - r.a }

// distance is how far a function is from a line, in the report in which it is
// closer: lines inserted between them do not count.
func (r *lineRef) distance(from, to int) int {
	return min(max(r.a-from, from-r.a), max(r.b-to, to-r.b))
}

// around returns the functions next to a line, above and below it in both
// reports.
func around(from, to int, refs []lineRef) (above, below *lineRef) {
	for i := range refs {
		r := &refs[i]
		switch d := r.distance(from, to); {
		case r.a <= from && r.b <= to:
			if above == nil || d < above.distance(from, to) {
				above = r
			}
		case r.a > from && r.b > to:
			if below == nil || d < below.distance(from, to) {
				below = r
			}
		}
	}
	return above, below
}

// shifted asks whether a line can have become another one, given what stands
// around it in the file: lines inserted above move everything below by as much.
// One message says more than what stands further away.
func shifted(from, to int, refs []lineRef, oneMessage bool) (relation, string) {
	above, below := around(from, to, refs)
	closest := above
	if above == nil || below != nil && below.distance(from, to) < above.distance(from, to) {
		closest = below
	}
	if closest == nil {
		return unknown, ""
	}
	shift, expected := to-from, closest.shift()
	last := max(from, to)
	for i := range refs {
		last = max(last, refs[i].a, refs[i].b)
	}
	fits := fmt.Sprintf("line %d %s, as %s near it", from, movedBy(shift), closest.outer)
	misfits := fmt.Sprintf("line %d %s, but %s near it %s", from, movedBy(shift), closest.outer, movedBy(expected))
	switch {
	case above != nil && below != nil && above.shift() == below.shift() && shift != expected:
		return otherStatement, misfits
	case shift == expected:
		return sameStatement, fits
	case shift == 0: // by chance, else
	case closest.distance(from, to) <= near(last):
		return otherStatement, misfits
	case oneMessage:
	case below != nil && below.distance(from, to) <= far && !within(shift, below.shift()),
		above != nil && above.distance(from, to) <= far && !within(above.shift(), shift):
		return otherStatement, misfits // what was inserted adds up from above to below
	}
	return unknown, ""
}

// movedBy says how far a line moved.
func movedBy(shift int) string {
	switch {
	case shift < 0:
		return fmt.Sprintf("moved up by %d", -shift)
	case shift > 0:
		return fmt.Sprintf("moved down by %d", shift)
	}
	return "stayed"
}

// within reports whether a shift lies between 0 and a limit of either sign.
func within(shift, limit int) bool {
	if limit < 0 {
		return limit <= shift && shift <= 0
	}
	return 0 <= shift && shift <= limit
}

// maxLines bounds the lines of a recursion that are compared.
const maxLines = 8

// lines returns the lines at which a report shows an element, each once.
func lines(e *element) []int {
	var all []int
	for _, f := range e.frames {
		seen := false
		for _, line := range all {
			seen = seen || line == f.Line
		}
		if !seen && len(all) < maxLines {
			all = append(all, f.Line)
		}
	}
	return all
}

// meet reports whether a line of x, moved, is a line of y.
func meet(x, y []int, shift int) bool {
	for _, from := range x {
		for _, to := range y {
			if from+shift == to {
				return true
			}
		}
	}
	return false
}

// closureNumber returns what numbers a closure in its function: "func2.1" of
// main.f.func2.1.
func closureNumber(fn string) string {
	if outer := outermost(fn); len(outer) < len(fn) && strings.HasPrefix(fn[len(outer):], ".func") {
		return fn[len(outer)+1:]
	}
	return ""
}

// otherClosure reports whether two names of one normal function are those of two
// closures. An inlined closure carries the name of its caller and is numbered
// among the caller's: then the names do not tell.
func otherClosure(f, g string) bool {
	return outermost(f) == outermost(g) && closureNumber(f) != closureNumber(g)
}
