// Package indexes finds index and slice expressions that fail on some input. It is
// what the rule index-unchecked reports, and what package panics counts as sites.
package indexes

import (
	"go/ast"
	"go/token"
	"reflect"
	"strings"
	"sync"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/passes/buildssa"
	"golang.org/x/tools/go/ssa"

	"github.com/backstop-go/backstop/analysis/internal/bounds"
)

// Analyzer gives [Facts].
var Analyzer = &analysis.Analyzer{
	Name:       "indexes",
	Doc:        "find indexes and slice bounds that are out of range for some input",
	Run:        run,
	Requires:   []*analysis.Analyzer{buildssa.Analyzer, bounds.Analyzer},
	ResultType: reflect.TypeFor[*Facts](),
}

// Facts are the sites of one package. They are looked for when they are first asked
// for: of the standard library, which some drivers come to, nobody asks.
type Facts struct {
	find func() []Site
}

// Sites are the index and slice expressions that fail on some input, in the order of
// the functions: of those of one list in one function the first.
func (f *Facts) Sites() []Site { return f.find() }

// A Site is an index or a slice expression that is out of range for some input.
type Site struct {
	At       ssa.Instruction
	Text     string    // as the code writes it, shortened: `os.Args[3]`
	Message  string    // what panics when, and what to do about it
	Always   bool      // it panics whenever it runs
	ByCaller bool      // the caller of the function decides, and no input
	From     token.Pos // of the call that decides the length, or NoPos
}

// maxSites limits the work in one function.
const maxSites = 2000

func run(pass *analysis.Pass) (any, error) {
	facts, ok := pass.ResultOf[bounds.Analyzer].(*bounds.Facts)
	s, ok2 := pass.ResultOf[buildssa.Analyzer].(*buildssa.SSA)
	if !ok || !ok2 {
		return &Facts{find: func() []Site { return nil }}, nil
	}
	c := &checker{Solver: facts.Solver(), files: pass.Files}
	return &Facts{find: sync.OnceValue(func() []Site { return c.all(s.SrcFuncs) })}, nil
}

// all looks at the functions.
func (c *checker) all(fns []*ssa.Function) []Site {
	for _, fn := range fns {
		c.told = make(map[ssa.Value]bool)
		sites := 0
		for _, b := range fn.DomPreorder() {
			for _, i := range b.Instrs {
				if sites > maxSites {
					break
				}
				if c.site(i) {
					sites++
				}
			}
		}
	}
	return c.sites
}

type checker struct {
	*bounds.Solver
	files []*ast.File
	sites []Site
	told  map[ssa.Value]bool // slices that were reported in this function
	exprs map[token.Pos]syntax
}

// site looks at one instruction, and reports whether it is an index or a slice.
func (c *checker) site(i ssa.Instruction) bool {
	if !i.Pos().IsValid() {
		return false
	}
	switch i := i.(type) {
	case *ssa.IndexAddr:
		c.index(i, i.X, i.Index)
	case *ssa.Index:
		c.index(i, i.X, i.Index)
	case *ssa.Lookup:
		if !isString(i.X) {
			return false
		}
		c.index(i, i.X, i.Index)
	case *ssa.Slice:
		c.slice(i)
	default:
		return false
	}
	return true
}

func (c *checker) report(at ssa.Instruction, x ssa.Value, message string, src bounds.Source) {
	k := c.Same(x)
	if _, ok := c.written(at); !ok || c.told[k] {
		return
	}
	c.told[k] = true
	found := Site{
		At: at, Text: c.text(at), Message: message,
		Always:   strings.HasSuffix(message, alwaysPanics),
		ByCaller: strings.HasPrefix(src.What, caller),
	}
	for _, v := range src.Of() {
		if call, ok := v.(*ssa.Call); ok && call.Pos().IsValid() && call.Pos() != at.Pos() {
			found.From = call.Pos()
			break
		}
	}
	c.sites = append(c.sites, found)
}

func isString(v ssa.Value) bool {
	return bounds.IsString(v.Type())
}

// index checks x[i].
func (c *checker) index(at ssa.Instruction, x, i ssa.Value) {
	size, index := c.Len(x), c.Int(i)
	n, known := size.Const()
	if k, ok := index.Const(); ok && known && k >= n && k >= 0 && n >= 0 && !bounds.IsArray(x.Type()) {
		if c.Stable(x) && c.Stable(i) && !c.AtMost(bounds.Number(1), bounds.Number(0), at) { // not in dead code
			c.report(at, x, c.always(at, x, i), bounds.Source{})
		}
		return
	}
	if !c.AtMost(index.Plus(1), size, at) {
		if message, src := c.tooGreat(at, x, i, index, size); message != "" {
			c.report(at, x, message, src)
			return
		}
	}
	if !c.NotNegative(index, at) {
		if message, src := c.negative(at, x, i, index); message != "" {
			c.report(at, x, message, src)
		}
	}
}

// tooGreat says why the index may be at or behind the end.
func (c *checker) tooGreat(at ssa.Instruction, x, i ssa.Value, index, size bounds.Expr) (string, bounds.Source) {
	if index.Term == size.Term && index.K >= size.K && c.Stable(x) && c.Stable(i) {
		return c.always(at, x, i), bounds.Source{}
	}
	src := c.LenSource(x)
	k, isConst := index.Const()
	if isConst {
		if !c.short(at, src, size, k+1) {
			return "", src
		}
		return c.shorter(at, x, i, k+1, src), src
	}
	if c.fromEnd(at, index, size) && !c.Checked(at, bounds.TooGreat, x, index.Value()) {
		return c.name(at, x) + "[" + c.name(at, i) + "] panics on the first turn: the loop starts at the length", src
	}
	if message := c.offByOne(at, x, i, index, size, src); message != "" {
		return message, src
	}
	if num := c.NumSource(i); num.Known() {
		if c.Checked(at, bounds.TooGreat, append(num.Of(), i, index.Value())...) || c.Checked(at, bounds.TooSmall, x) || c.AwareOf(at, bounds.TooGreat, append(num.Of(), i)...) || num.Binary() && c.Internal(x) {
			return "", src
		}
		return c.name(at, x) + "[" + c.name(at, i) + "] panics when the number from " + num.What + " is not below the length; compare it with len(" + c.name(at, x) + ") first", num
	}
	if src.Known() && !src.Entry() && c.other(at, index, size) && c.short(at, src, size, 1) && !c.AtLeast(size, 1<<16, at) {
		return c.name(at, x) + "[" + c.name(at, i) + "] panics when " + src.What + " gives fewer elements than the loop expects; compare the lengths first", src
	}
	if c.matches(at, x, index, size) {
		return c.name(at, x) + "[" + c.name(at, i) + "] panics when " + c.name(at, x) + " is shorter than what it is compared with; compare the lengths first", bounds.Source{What: caller + at.Parent().Name()}
	}
	return "", src
}

// matches: x[i] is compared with y[i] in a loop over y, both are up to the caller of
// an exported function, and nothing compares their lengths.
func (c *checker) matches(at ssa.Instruction, x ssa.Value, index, size bounds.Expr) bool {
	mine := bounds.Handed(x)
	if mine == nil || !c.other(at, index, size) || c.Checked(at, bounds.TooSmall, x, mine) || c.Aware(at, size, 0) {
		return false
	}
	for _, r := range referrers(at) {
		load, ok := r.(*ssa.UnOp)
		if !ok {
			continue
		}
		for _, use := range referrers(load) {
			cmp, ok := use.(*ssa.BinOp)
			if !ok || cmp.Op != token.EQL && cmp.Op != token.NEQ {
				continue
			}
			if y := element(cmp.X, cmp.Y, load); y != nil && c.Int(y.Index) == index && bounds.Handed(y.X) != nil && bounds.Handed(y.X) != mine {
				return true
			}
		}
	}
	return false
}

func referrers(i ssa.Instruction) []ssa.Instruction {
	v, ok := i.(ssa.Value)
	if !ok || v.Referrers() == nil {
		return nil
	}
	return *v.Referrers()
}

// element is the address that the one of the two which is not the load was loaded
// from.
func element(x, y ssa.Value, load *ssa.UnOp) *ssa.IndexAddr {
	other := x
	if other == load {
		other = y
	}
	u, ok := other.(*ssa.UnOp)
	if !ok {
		return nil
	}
	a, _ := u.X.(*ssa.IndexAddr)
	return a
}

// short reports whether the source may give less than n, and nobody asked.
func (c *checker) short(at ssa.Instruction, src bounds.Source, size bounds.Expr, n int64) bool {
	return src.Known() && !c.Checked(at, bounds.TooSmall, src.Of()...) && !c.Aware(at, size, n) && !c.kernel(at)
}

// other reports whether the index runs over another slice, and nothing else limits
// it.
func (c *checker) other(at ssa.Instruction, index, size bounds.Expr) bool {
	limits := c.Limits(index, at)
	for _, limit := range limits {
		if !limit.IsLen() || limit.Term == size.Term {
			return false
		}
	}
	return len(limits) > 0
}

// fromEnd reports whether a loop that counts down has the length, or more, as its
// first index, and the instruction runs on its first turn.
func (c *checker) fromEnd(at ssa.Instruction, index, size bounds.Expr) bool {
	phi, ok := index.Value().(*ssa.Phi)
	if !ok {
		return false
	}
	starts := false
	for n, pred := range phi.Block().Preds {
		e := c.Int(phi.Edges[n])
		if phi.Block().Dominates(pred) {
			if !at.Block().Dominates(pred) || e.Term != index.Term || e.K >= 0 {
				return false
			}
			continue
		}
		starts = e.Term == size.Term && size.IsLen() && e.K+index.K >= size.K
		if !starts {
			return false
		}
	}
	return starts
}

// negative says why the index may be below 0.
func (c *checker) negative(at ssa.Instruction, x, i ssa.Value, index bounds.Expr) (string, bounds.Source) {
	if index.IsLen() { // s[len(s)-1]
		src := c.LenSource(index.Value())
		if !c.short(at, src, index, 0) {
			return "", src
		}
		return c.shorter(at, x, i, -index.K, src), src
	}
	if what := c.notFound(index); what != "" {
		if c.Checked(at, bounds.TooSmall, append(c.searched(index), index.Value())...) {
			return "", bounds.Source{}
		}
		return c.name(at, x) + "[" + c.name(at, i) + "] panics when " + what + " finds nothing and gives -1; ask for that first", bounds.Source{}
	}
	num := c.NumSource(i)
	if !num.Known() || !c.Signed(num) || c.Checked(at, bounds.TooSmall, append(num.Of(), i, index.Value())...) || c.AwareOf(at, bounds.TooSmall, append(num.Of(), i)...) {
		return "", num
	}
	return c.name(at, x) + "[" + c.name(at, i) + "] panics when the number from " + num.What + " is negative; ask for that first", num
}

// notFound names the function that gives -1 when it finds nothing.
func (c *checker) notFound(index bounds.Expr) string {
	if index.K >= 1 {
		return ""
	}
	return c.Search(index.Value())
}

// searched is the text in which was looked, and what was looked for.
func (c *checker) searched(index bounds.Expr) []ssa.Value {
	call, ok := index.Value().(*ssa.Call)
	if !ok {
		return nil
	}
	return call.Call.Args[:1:1] // callers add to it
}

// alwaysPanics ends the message about an index that is out of range whenever it runs.
const alwaysPanics = " always panics: the index is not below the length"

// caller begins what is said of a source that is whoever calls the function.
const caller = "the caller of "

func (c *checker) always(at ssa.Instruction, x, i ssa.Value) string {
	return c.name(at, x) + "[" + c.name(at, i) + "]" + alwaysPanics
}

func (c *checker) shorter(at ssa.Instruction, x, i ssa.Value, n int64, src bounds.Source) string {
	return c.name(at, x) + " may have fewer than " + plural(n) + because(src, c.name(at, x)) + ", and index " + c.name(at, i) + " panics then; check the length first"
}

// because says what decides a length, when that is not the list itself.
func because(src bounds.Source, list string) string {
	if src.What == list {
		return ""
	}
	return ", as " + src.What + " decides"
}

// offByOne: a condition compares the index with this length, and lets it be too
// great all the same.
func (c *checker) offByOne(at ssa.Instruction, x, i ssa.Value, index, size bounds.Expr, src bounds.Source) string {
	over, strict, ok := c.Slack(index, size, at)
	if !ok || over < 1 || c.Changes(at.Parent(), index.Value()) || c.Changes(at.Parent(), size.Value()) {
		return ""
	}
	related := append(src.Of(), x, index.Value())
	if c.Checked(at, bounds.TooGreat, related...) || c.Checked(at, bounds.TooSmall, related...) {
		return ""
	}
	// i < len(s) and s[i+1]: the code between may know that this is not the last.
	// It does not when this runs on each turn.
	if strict && !src.Known() && !everyTurn(at, index.Value()) {
		return ""
	}
	return c.name(at, x) + "[" + c.name(at, i) + "] panics at the end: the condition lets the index reach the length or go beyond it"
}

// everyTurn reports whether the instruction runs on each turn of the loop that
// counts with v, by one.
func everyTurn(at ssa.Instruction, v ssa.Value) bool {
	phi := counter(v)
	if phi == nil {
		return false
	}
	head, turns := phi.Block(), 0
	for n, pred := range head.Preds {
		if !head.Dominates(pred) {
			continue
		}
		turns++
		if !at.Block().Dominates(pred) || !byOne(phi, phi.Edges[n]) {
			return false
		}
	}
	return turns > 0
}

// counter is the phi node of a counting loop that v is, or is made of.
func counter(v ssa.Value) *ssa.Phi {
	switch x := v.(type) {
	case *ssa.Phi:
		return x
	case *ssa.BinOp:
		if p, ok := x.X.(*ssa.Phi); ok && x.Op == token.ADD {
			return p
		}
	}
	return nil
}

func byOne(phi *ssa.Phi, next ssa.Value) bool {
	b, ok := next.(*ssa.BinOp)
	if !ok || b.Op != token.ADD || b.X != phi {
		return false
	}
	c, ok := b.Y.(*ssa.Const)
	return ok && c.Value != nil && c.Value.ExactString() == "1"
}
