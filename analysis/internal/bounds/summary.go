package bounds

import (
	"go/types"
	"reflect"
	"slices"
	"strings"
	"sync"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/passes/buildssa"
	"golang.org/x/tools/go/ssa"

	"github.com/backstop-go/backstop/analysis/behaviour"
	"github.com/backstop-go/backstop/analysis/internal/ir"
)

// A Result is what those who call a function know of one of its results.
type Result struct {
	Source
	Len    int64 // the least length, when the error is nil
	Lo, Hi int64 // the range of an integer
}

// A Fact carries the results of a package's functions to those who import it.
type Fact struct {
	Funcs []Func // sorted, as drivers compare facts byte by byte
}

// A Func is what a function returns.
type Func struct {
	Name    string
	Results []Result
}

// AFact marks the type for go/analysis.
func (*Fact) AFact() {}

func (f *Fact) String() string { return "bounds" }

// Analyzer computes [Facts].
var Analyzer = &analysis.Analyzer{
	Name:       "bounds",
	Doc:        "find out which functions return what somebody outside decides the size of",
	Run:        run,
	Requires:   []*analysis.Analyzer{buildssa.Analyzer, behaviour.Analyzer},
	ResultType: reflect.TypeFor[*Facts](),
	FactTypes:  []analysis.Fact{new(Fact)},
}

// Facts make solvers. Rules may run at the same time: each has its own.
type Facts struct {
	ssa     *buildssa.SSA
	returns func(*ssa.CallCommon) bool
	known   func(*types.Package) map[string][]Result

	mu    sync.Mutex
	cache map[*types.Package]map[string][]Result
}

// Solver makes a solver for the package.
func (f *Facts) Solver() *Solver { return newSolver(f.ssa, f.returns, f.imported) }

// imported is what is known of the results of a function of another package.
func (f *Facts) imported(fn *types.Func) []Result {
	pkg := fn.Pkg()
	if pkg == nil {
		return nil // of type error
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	funcs, ok := f.cache[pkg]
	if !ok {
		funcs = f.known(pkg)
		f.cache[pkg] = funcs
	}
	return funcs[ir.Name(fn)]
}

func run(pass *analysis.Pass) (any, error) {
	about, ok := pass.ResultOf[behaviour.Analyzer].(*behaviour.Facts)
	if !ok {
		return new(Facts), nil
	}
	f := &Facts{ssa: about.SSA, cache: make(map[*types.Package]map[string][]Result)}
	never := make(map[*types.Func]bool)
	here := make(map[*ssa.Function]bool)
	for _, fn := range about.SSA.SrcFuncs {
		ir.Calls(fn, func(c ssa.CallInstruction) {
			if callee := ir.Callee(c.Common()); callee != nil && about.Of(callee).NeverReturns {
				here[callee] = true
			} else if c.Common().IsInvoke() && about.OfCall(c.Common()).NeverReturns {
				never[c.Common().Method] = true
			}
		})
	}
	f.returns = func(c *ssa.CallCommon) bool {
		if c.IsInvoke() {
			return never[c.Method]
		}
		callee := ir.Callee(c)
		return callee != nil && here[callee]
	}
	f.known = func(p *types.Package) map[string][]Result {
		fact := new(Fact)
		if !pass.ImportPackageFact(p, fact) {
			return nil
		}
		funcs := make(map[string][]Result, len(fact.Funcs))
		for _, fn := range fact.Funcs {
			funcs[fn.Name] = fn.Results
		}
		return funcs
	}
	if ir.Std(pass.Pkg.Path()) {
		return f, nil // some drivers come here; the tables tell of it
	}
	fact := new(Fact)
	s := f.Solver()
	for _, fn := range about.SSA.SrcFuncs {
		obj := ir.Object(fn)
		if obj == nil || !obj.Exported() {
			continue
		}
		if results := s.summary(fn); telling(results) {
			fact.Funcs = append(fact.Funcs, Func{ir.Name(obj), results})
		}
	}
	slices.SortFunc(fact.Funcs, func(a, b Func) int { return strings.Compare(a.Name, b.Name) })
	if len(fact.Funcs) > 0 {
		pass.ExportPackageFact(fact)
	}
	return f, nil
}

func telling(results []Result) bool {
	for _, r := range results {
		if r.Known() || r.Len > 0 {
			return true
		}
	}
	return false
}

// summary looks at what a function returns.
func (s *Solver) summary(fn *ssa.Function) []Result {
	if known, ok := s.results[fn]; ok {
		return known
	}
	s.results[fn] = nil // while it is being looked at
	if fn == nil || len(fn.Blocks) == 0 || len(fn.Blocks) > 2000 {
		return nil
	}
	results := make([]Result, fn.Signature.Results().Len())
	for i := range results {
		results[i] = s.result(fn, i)
		results[i].related = nil
	}
	s.results[fn] = results
	return results
}

func (s *Solver) result(fn *ssa.Function, i int) Result {
	r := Result{Len: limit, Lo: limit, Hi: -limit}
	t := fn.Signature.Results().At(i).Type()
	n := 0
	for _, b := range fn.Blocks {
		ret, ok := b.Instrs[len(b.Instrs)-1].(*ssa.Return)
		if !ok || i >= len(ret.Results) || failed(ret) {
			continue
		}
		if n++; n > 20 {
			return Result{Lo: -limit, Hi: limit}
		}
		s.returned(&r, ret, ret.Results[i], t)
	}
	if n == 0 {
		return Result{Lo: -limit, Hi: limit}
	}
	if !isSlice(t) {
		r.Len = 0
	}
	if !isInt(t) {
		r.Lo, r.Hi = -limit, limit
	}
	return r
}

func (s *Solver) returned(r *Result, ret *ssa.Return, v ssa.Value, t types.Type) {
	p := &proof{Solver: s, fuel: 200}
	at := before(ret)
	var src Source
	switch {
	case isSlice(t):
		e := s.Len(v)
		lo, _ := p.rangeOf(e.Term, at, 4)
		r.Len = min(r.Len, max(0, plus(lo, e.K)))
		src = s.lenSource(v, 3)
	case isInt(t):
		lo, hi := p.exprRange(v, at, 4)
		r.Lo, r.Hi = min(r.Lo, lo), max(r.Hi, hi)
		src = s.numSource(v, 3)
	default:
		src = s.decodedAt(v, 3)
	}
	if src.Known() && !r.Known() && !s.checkedSource(src, ret) && !s.AwareOf(ret, TooGreat, src.related...) {
		r.Source = src
	}
}

// failed reports whether the function returns an error that is not nil, for sure.
func failed(ret *ssa.Return) bool {
	if len(ret.Results) < 2 {
		return false
	}
	last := ret.Results[len(ret.Results)-1]
	if !types.Identical(last.Type(), types.Universe.Lookup("error").Type()) {
		b := basic(last.Type())
		c, ok := last.(*ssa.Const)
		return b != nil && b.Kind() == types.Bool && ok && c.Value != nil && c.Value.String() == "false"
	}
	if c, ok := last.(*ssa.Const); ok {
		return !c.IsNil()
	}
	if _, ok := last.(*ssa.MakeInterface); ok {
		return true
	}
	// An error in hand, and nothing beside it.
	c, ok := ret.Results[0].(*ssa.Const)
	return ok && (c.Value == nil || c.Value.String() == "0" || c.Value.String() == `""`)
}

// resultSource is where a result of a function comes from, of this package or of
// another.
func (s *Solver) resultSource(c *ssa.CallCommon, target *types.Func, i int) Source {
	r, ok := s.resultOf(ir.Callee(c), target, i)
	if !ok {
		return Source{}
	}
	src := r.Source
	src.related = nil
	if src.Known() {
		for _, a := range c.Args {
			if isSlice(a.Type()) {
				src.related = append(src.related, s.texts(a)...)
			}
		}
	}
	return src
}

func (s *Solver) resultOf(fn *ssa.Function, target *types.Func, i int) (Result, bool) {
	var list []Result
	if fn != nil && len(fn.Blocks) > 0 {
		list = s.summary(fn)
	} else if target != nil && s.imported != nil {
		list = s.imported(target)
	}
	if i >= len(list) {
		return Result{}, false
	}
	return list[i], true
}

// resultLen is the least length of a result when the error is nil.
func (s *Solver) resultLen(fn *ssa.Function, target *types.Func, i int) int64 {
	r, _ := s.resultOf(fn, target, i)
	return r.Len
}

func (s *Solver) resultRange(fn *ssa.Function, i int) (lo, hi int64) {
	r, ok := s.resultOf(fn, ir.Object(fn), i)
	if !ok {
		return -limit, limit
	}
	return r.Lo, r.Hi
}
