// Package behaviour finds out what functions do to panics: whether they recover
// when they are deferred, panic again, tell somebody, keep the stack, never
// return, and in which goroutine they call the functions they are given.
//
// Facts cross packages: [Analyzer] exports one for each package, keyed by the
// names of functions. Start with [Facts.Of] and [Facts.Guard].
package behaviour

import (
	"go/types"
	"maps"
	"reflect"
	"slices"
	"strings"
	"sync"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/passes/buildssa"
	"golang.org/x/tools/go/ssa"

	"github.com/backstop-go/backstop/analysis/internal/inlining"
	"github.com/backstop-go/backstop/analysis/internal/ir"
	"github.com/backstop-go/backstop/analysis/model"
)

// Recovers says how a function that is deferred treats a panic.
type Recovers int

// Ways to recover.
const (
	Never    Recovers = iota
	TooDeep           // it calls a function that calls recover, which Go ignores
	Directly          // it calls recover itself
)

// Func is what a function does. The zero value is a function of which nothing is
// known, or that does nothing of this.
type Func struct {
	Recovers     Recovers
	Via          string // for TooDeep: the function that calls recover
	Depth        int    // for TooDeep: how many calls below it that is
	Accident     Accident
	below        Accident // the same for what it calls, whether it is inlined or not
	OnlyRecovers bool     // it does nothing where there is no panic: it is there to be deferred
	Repanics     bool     // it may panic after it recovered
	Reports      bool     // it tells somebody: a log, an error tracker
	Stack        bool     // it captures a stack
	Waits        bool     // it waits for something outside: a channel, a timer, the network
	NeverReturns bool
	Exits        bool // it ends the process on every path
	Panics       bool // it panics on every path
	Callbacks    []model.Callback
}

func (f Func) equal(g Func) bool {
	a, b := f.Callbacks, g.Callbacks
	f.Callbacks, g.Callbacks = nil, nil
	return reflect.DeepEqual(f, g) && slices.Equal(a, b)
}

func (f Func) empty() bool { return f.equal(Func{}) }

// A Fact carries what is known of a package's functions to those who import it.
type Fact struct {
	Funcs map[string]Func // by name, as go/types has it
}

// AFact marks the type for go/analysis.
func (*Fact) AFact() {}

func (f *Fact) String() string { return "behaviour" }

// Analyzer computes [Facts].
var Analyzer = &analysis.Analyzer{
	Name:       "behaviour",
	Doc:        "find out what functions do to panics",
	Run:        run,
	Requires:   []*analysis.Analyzer{buildssa.Analyzer},
	ResultType: reflect.TypeFor[*Facts](),
	FactTypes:  []analysis.Fact{new(Fact)},
	Flags:      flags(),
}

// Facts answers questions about the functions of one package and of those it
// imports.
type Facts struct {
	SSA *buildssa.SSA

	// Funcs is SSA.SrcFuncs and the literals of package variables, which
	// buildssa leaves out.
	Funcs []*ssa.Function

	model    *model.Model
	here     map[*ssa.Function]Func
	known    func(*types.Package) *Fact
	globals  map[*ssa.Global]*global
	inlining *inlining.Estimator

	// Rules of one package run at the same time.
	mu    sync.Mutex
	cache map[*types.Package]*Fact
	other map[*types.Func]Func        // of other packages, as OfObject returns them
	says  map[*types.Func]*model.Func // of the model; nil when it says nothing
	once  sync.Once
	uses  *uses
	kept  *keeper
}

// fact is what is known of another package, or nil.
func (f *Facts) fact(p *types.Package) *Fact {
	f.mu.Lock()
	defer f.mu.Unlock()
	fact, ok := f.cache[p]
	if !ok {
		fact = f.known(p)
		f.cache[p] = fact
	}
	return fact
}

func run(pass *analysis.Pass) (any, error) {
	f := &Facts{
		SSA:   pass.ResultOf[buildssa.Analyzer].(*buildssa.SSA),
		model: Model(),
		here:  make(map[*ssa.Function]Func),
		cache: make(map[*types.Package]*Fact),
		other: make(map[*types.Func]Func),
		says:  make(map[*types.Func]*model.Func),

		inlining: inlining.New(pass.Files, pass.TypesInfo),
	}
	f.known = func(p *types.Package) *Fact {
		fact := new(Fact)
		if !pass.ImportPackageFact(p, fact) {
			return nil
		}
		return fact
	}
	f.Funcs = f.SSA.SrcFuncs
	if fn := f.SSA.Pkg.Func("init"); fn != nil {
		f.Funcs = literals(f.Funcs[:len(f.Funcs):len(f.Funcs)], fn)
	}
	f.findGlobals()
	f.solve()
	if f.findKept(); len(f.kept.runs) > 0 {
		f.solve() // who keeps a function for a goroutine is known now
	}
	if fact := f.export(); len(fact.Funcs) > 0 {
		pass.ExportPackageFact(fact)
	}
	return f, nil
}

func literals(list []*ssa.Function, fn *ssa.Function) []*ssa.Function {
	for _, lit := range fn.AnonFuncs {
		list = literals(append(list, lit), lit)
	}
	return list
}

// solve looks at every function until nothing new is learnt.
func (f *Facts) solve() {
	for range 10 {
		changed := false
		for _, fn := range f.Funcs {
			now := f.look(fn)
			if !now.equal(f.here[fn]) {
				f.here[fn] = now
				changed = true
			}
		}
		if !changed {
			return
		}
	}
}

func (f *Facts) export() *Fact {
	fact := &Fact{Funcs: make(map[string]Func)}
	for fn, what := range f.here {
		if obj := ir.Object(fn); obj != nil && !what.empty() {
			fact.Funcs[ir.Name(obj)] = what
		}
	}
	return fact
}

// Of is what a function of this package does, literals included, or one of
// another package.
func (f *Facts) Of(fn *ssa.Function) Func {
	if fn == nil {
		return Func{}
	}
	if what, ok := f.here[fn]; ok {
		return f.withModel(ir.Object(fn), what)
	}
	return f.OfObject(ir.Object(fn))
}

// OfObject is what a declared function or method does.
func (f *Facts) OfObject(obj *types.Func) Func {
	if obj == nil || obj.Pkg() == nil {
		return Func{}
	}
	if fn := f.SSA.Pkg.Prog.FuncValue(obj); fn != nil {
		if what, ok := f.here[fn]; ok {
			return f.withModel(obj, what)
		}
	}
	f.mu.Lock()
	what, ok := f.other[obj]
	f.mu.Unlock()
	if ok {
		return what // names are made of types, at some cost
	}
	if fact := f.fact(obj.Pkg()); fact != nil {
		what = fact.Funcs[ir.Name(obj)]
	}
	if ir.StdFunc(obj) { // log.Print looks for its caller: the model tells who is after a stack
		what.Stack, what.Reports = false, false
	}
	what = f.withModel(obj, what)
	if obj.Pkg() != f.SSA.Pkg.Pkg { // of this package, more may be known later
		f.mu.Lock()
		f.other[obj] = what
		f.mu.Unlock()
	}
	return what
}

// OfCall is what the callee does, when it is known.
func (f *Facts) OfCall(c *ssa.CallCommon) Func {
	if c.IsInvoke() {
		if fn := f.Deferred(c); fn != nil {
			return f.Of(fn)
		}
		what := f.OfObject(c.Method)
		what.NeverReturns = what.NeverReturns || fatal(c.Method)
		return what
	}
	return f.Of(f.Callee(c))
}

// fatal reports whether a method of an interface says by its name that it does not
// return: Fatalf of testing.TB and of every logger ends the test, or the process.
func fatal(m *types.Func) bool {
	return strings.HasPrefix(m.Name(), "Fatal") && m.Signature().Results().Len() == 0
}

// Model is what the model says of a declared function.
func (f *Facts) Model(obj *types.Func) (model.Func, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	says, ok := f.says[obj]
	if !ok {
		if m, known := f.model.Func(ir.Name(obj)); known {
			says = &m
		}
		f.says[obj] = says
	}
	if says == nil {
		return model.Func{}, false
	}
	return *says, true
}

func (f *Facts) withModel(obj *types.Func, what Func) Func {
	m, ok := f.Model(obj)
	if !ok {
		return what
	}
	what.Reports = what.Reports || m.Reports
	what.Stack = what.Stack || m.Stack
	what.NeverReturns = what.NeverReturns || m.NeverReturns
	what.Exits = what.Exits || m.Exits
	what.Panics = what.Panics || m.Panics
	if m.Recovers {
		what.Recovers, what.Depth = Directly, 0
	}
	if len(m.Callbacks) > 0 {
		what.Callbacks = m.Callbacks // who wrote the line has read the code
	}
	return what
}

// Names lists the functions of which something is known here; for tests.
func (f *Fact) Names() []string { return slices.Sorted(maps.Keys(f.Funcs)) }
