// Package nilness finds out which results of functions are nil, and when: with an
// error, with false, or for no reason that is returned; which parameters must not
// be nil; and where, in a function, a value that may be nil is used. Rules about
// nil values share it.
//
// Facts cross packages by the names of functions; the standard library, which is
// not analyzed, comes as a table that the same code has made. Start with
// [Facts.Origins] and [Facts.Follow].
package nilness

import (
	"go/types"
	"maps"
	"reflect"
	"slices"
	"sync"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/passes/buildssa"
	"golang.org/x/tools/go/ssa"

	"github.com/backstop-go/backstop/analysis/behaviour"
	"github.com/backstop-go/backstop/analysis/internal/ir"
)

// Result says when a result is nil.
type Result uint16

// When a result is nil.
const (
	NilWithErr  Result = 1 << iota // with some errors
	NilWithAny                     // with every error, as far as the code shows
	NilOnFalse                     // when the last result is false
	NilWithNil                     // although the error is nil
	NilFree                        // on some path, and no other result says which
	NilForSure                     // always
	NilOfInput                     // depends on what the function is given, and is not said otherwise
	someNonNil                     // with some errors it is not nil
	nonNilFalse                    // with false it is not nil, on some path
)

// Param says what becomes of a parameter, the receiver included.
type Param uint16

// What becomes of a parameter.
const (
	DerefsNil    Param = 1 << iota // a nil is dereferenced on some path
	DiesOfNil                      // ... on every path
	WritesNil                      // a nil map is written to on some path
	CallsNil                       // a nil func is called on some path
	StopsOnErr                     // the function does not return when the error is not nil
	TrueOnErr                      // the function returns true when the error is not nil
	FalseOnErr                     // the function returns false when the error is not nil
	ErrOnErr                       // the function returns an error when the error is not nil
	StopsOnFalse                   // the function does not return when the bool is false
)

// Func is what is known of a function.
type Func struct {
	Results []Result // as many as the function has, or none
	Params  []Param  // the receiver first; as many as the function has, or none
	Only    string   // the variable that holds the only error it returns: "net/http.ErrNoCookie"

	safe bool // in tables: the receiver may be nil
}

// Result returns what is known of the n-th result.
func (f Func) Result(n int) Result {
	if n < 0 || n >= len(f.Results) {
		return 0
	}
	return f.Results[n]
}

// Param returns what is known of the n-th parameter; a receiver counts as 0.
func (f Func) Param(n int) Param {
	if n < 0 || n >= len(f.Params) {
		return 0
	}
	return f.Params[n]
}

func (f Func) equal(g Func) bool {
	return slices.Equal(f.Results, g.Results) && slices.Equal(f.Params, g.Params) && f.Only == g.Only
}

func (f Func) empty() bool {
	return f.Only == "" && !slices.ContainsFunc(f.Results, func(r Result) bool { return r != 0 }) &&
		!slices.ContainsFunc(f.Params, func(p Param) bool { return p != 0 })
}

// A Fact carries what is known of a package's functions to those who import it.
// It is lists, because facts are compared by how they are encoded.
type Fact struct {
	Names []string // sorted, as go/types has them
	Funcs []Func
}

// AFact marks the type for go/analysis.
func (*Fact) AFact() {}

func (f *Fact) String() string { return "nilness" }

func (f *Fact) find(name string) Func {
	if n, ok := slices.BinarySearch(f.Names, name); ok && n < len(f.Funcs) {
		return f.Funcs[n]
	}
	return Func{}
}

// Analyzer computes [Facts].
var Analyzer = &analysis.Analyzer{
	Name:       "nilfacts",
	Doc:        "find out which results are nil, and which parameters must not be",
	Run:        run,
	Requires:   []*analysis.Analyzer{buildssa.Analyzer, behaviour.Analyzer},
	ResultType: reflect.TypeFor[*Facts](),
	FactTypes:  []analysis.Fact{new(Fact)},
}

// Facts answers questions about nil values of one package and of those it imports.
type Facts struct {
	SSA       *buildssa.SSA
	Behaviour *behaviour.Facts

	here  map[*ssa.Function]Func
	known func(*types.Package) *Fact

	// Rules of one package run at the same time, and ask for what nobody asked before.
	cache sync.Map // *types.Package: *Fact
	impls sync.Map // *types.Func: Func
	local sync.Map // *ssa.Alloc: bool

	counted sync.Once
	dropped map[*ssa.Function]int // calls that drop what tells of a nil result
}

func run(pass *analysis.Pass) (any, error) {
	f := &Facts{
		SSA:       pass.ResultOf[buildssa.Analyzer].(*buildssa.SSA),
		Behaviour: pass.ResultOf[behaviour.Analyzer].(*behaviour.Facts),
		here:      make(map[*ssa.Function]Func),
	}
	f.known = func(p *types.Package) *Fact {
		fact := new(Fact)
		if !pass.ImportPackageFact(p, fact) {
			return nil
		}
		return fact
	}
	f.solve()
	if fact := f.export(); len(fact.Names) > 0 {
		pass.ExportPackageFact(fact)
	}
	return f, nil
}

// solve looks at every function, and again at those that call one of which
// something new is known, until nothing new is learnt.
func (f *Facts) solve() {
	changed := make(map[*types.Func]bool)
	names := make(map[string]bool) // of the methods among them
	for round := range 5 {
		next, nextNames := make(map[*types.Func]bool), make(map[string]bool)
		for _, fn := range f.Behaviour.Funcs {
			if round > 0 && !callsOne(fn, changed, names) {
				continue
			}
			now := f.learn(fn)
			before, ok := f.here[fn]
			f.here[fn] = now
			if obj := ir.Object(fn); obj != nil && (!ok && !now.empty() || ok && !now.equal(before)) {
				next[obj], nextNames[obj.Name()] = true, true
			}
		}
		f.impls.Clear()
		if changed, names = next, nextNames; len(changed) == 0 {
			return
		}
	}
}

func callsOne(fn *ssa.Function, changed map[*types.Func]bool, names map[string]bool) bool {
	found := false
	ir.Calls(fn, func(c ssa.CallInstruction) {
		if found {
			return
		}
		common := c.Common()
		if common.IsInvoke() {
			found = names[common.Method.Name()]
		} else if callee := ir.Callee(common); callee != nil {
			found = changed[ir.Object(callee)]
		}
	})
	return found
}

func (f *Facts) export() *Fact {
	funcs := make(map[string]Func)
	for fn, what := range f.here {
		if obj := ir.Object(fn); obj != nil && !what.empty() {
			funcs[ir.Name(obj)] = what
		}
	}
	fact := &Fact{Names: slices.Sorted(maps.Keys(funcs))}
	for _, name := range fact.Names {
		fact.Funcs = append(fact.Funcs, funcs[name])
	}
	return fact
}

// Of is what is known of a function; false when nobody has looked at it.
func (f *Facts) Of(fn *ssa.Function) (Func, bool) {
	if fn == nil {
		return Func{}, false
	}
	if what, ok := f.here[fn]; ok {
		return what, true
	}
	return f.OfObject(ir.Object(fn))
}

// OfObject is what is known of a declared function or method.
func (f *Facts) OfObject(obj *types.Func) (Func, bool) {
	if obj == nil || obj.Pkg() == nil {
		return Func{}, false
	}
	if fn := f.SSA.Pkg.Prog.FuncValue(obj); fn != nil {
		if what, ok := f.here[fn]; ok {
			return what, true
		}
	}
	if what, ok := written()[ir.Name(obj)]; ok {
		return what, true
	}
	fact := once(&f.cache, obj.Pkg(), f.known)
	if fact == nil {
		return stdlib(obj)
	}
	return fact.find(ir.Name(obj)), true
}

// OfCall is what is known of the callee. An interface method is what its
// implementations in this package agree on.
func (f *Facts) OfCall(c *ssa.CallCommon) (Func, bool) {
	if !c.IsInvoke() {
		return f.Of(ir.Callee(c))
	}
	if what, ok := written()[ir.Name(c.Method)]; ok {
		return what, true
	}
	return once(&f.impls, c.Method, f.implementations), true
}

// once keeps what make says of a key. Two who ask at the same time may both make
// it: it is the same.
func once[K, V any](kept *sync.Map, key K, make func(K) V) V {
	if v, ok := kept.Load(key); ok {
		return v.(V)
	}
	v := make(key)
	kept.Store(key, v)
	return v
}

// implementations joins what is known of the methods of this package's types that
// implement an interface method. Only results are joined: nothing is known of
// receivers.
func (f *Facts) implementations(m *types.Func) Func {
	sig, _ := m.Type().(*types.Signature)
	if sig == nil || sig.Recv() == nil {
		return Func{}
	}
	iface, _ := sig.Recv().Type().Underlying().(*types.Interface)
	if iface == nil {
		return Func{}
	}
	var all []Func
	scope := f.SSA.Pkg.Pkg.Scope()
	for _, name := range scope.Names() {
		tn, ok := scope.Lookup(name).(*types.TypeName)
		if !ok || tn.IsAlias() || types.IsInterface(tn.Type()) {
			continue
		}
		named, ok := tn.Type().(*types.Named)
		if !ok || named.TypeParams().Len() > 0 {
			continue
		}
		ptr := types.NewPointer(named)
		if !types.Implements(ptr, iface) {
			continue
		}
		obj, _, _ := types.LookupFieldOrMethod(ptr, false, m.Pkg(), m.Name())
		impl, _ := obj.(*types.Func)
		if what, ok := f.OfObject(impl); ok {
			all = append(all, what)
		}
	}
	if len(all) == 0 {
		return Func{}
	}
	joined := Func{Results: make([]Result, sig.Results().Len()), Only: all[0].Only}
	if slices.ContainsFunc(all, func(what Func) bool { return what.Only != joined.Only }) {
		joined.Only = ""
	}
	for n := range joined.Results {
		for _, what := range all {
			r := what.Result(n)
			joined.Results[n] |= r &^ (NilWithAny | NilForSure)
			if r&NilWithErr != 0 && r&NilWithAny == 0 {
				joined.Results[n] |= someNonNil
			}
		}
		if joined.Results[n]&NilWithErr != 0 && joined.Results[n]&someNonNil == 0 {
			joined.Results[n] |= NilWithAny
		}
	}
	return joined
}
