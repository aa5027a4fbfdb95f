// Package panics finds the places where functions may panic, and grades how
// plausible it is that they do. It proves nothing: a check of any kind that
// dominates an operation makes it a safe one, and what a library of the standard
// library does inside is told by the model. What remains is what a reviewer
// would point at.
//
// [Facts.Sites] are the places of one function, [Facts.CanPanic] follows the
// calls, also into other packages, by facts.
package panics

import (
	"fmt"
	"go/token"
	"go/types"
	"path/filepath"
	"reflect"
	"strings"
	"sync"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/passes/buildssa"
	"golang.org/x/tools/go/ssa"

	"github.com/backstop-go/backstop/analysis/behaviour"
	"github.com/backstop-go/backstop/analysis/internal/indexes"
	"github.com/backstop-go/backstop/analysis/internal/ir"
)

// A Kind is what panics at a site.
type Kind string

// Kinds of sites.
const (
	Explicit  Kind = "explicit"         // a call of panic, or of a function that panics by contract
	Unchecked Kind = "unchecked-result" // a result is used although its error was not looked at
	NilMap    Kind = "nil-map"
	Index     Kind = "index" // an index, or the bound of a slice
	Assertion Kind = "assertion"
	Callback  Kind = "callback" // a call of a function that comes from outside
	NilDeref  Kind = "nil-deref"
	Divide    Kind = "divide"
	Make      Kind = "make" // a length from outside
)

// A Grade says how plausible it is that a site panics.
type Grade int

// Grades of sites.
const (
	Unlikely Grade = iota // a state that the author holds impossible, or an invariant nobody breaks
	Possible              // it depends on callers or on state that is not seen here
	Likely                // it depends on data: input, results, functions that others supply
)

func (g Grade) String() string { return [...]string{"unlikely", "possible", "likely"}[g] }

// A Site is a place that may panic.
type Site struct {
	Kind  Kind
	Grade Grade
	Pos   token.Pos
	Why   string // what the code does there: `asserts v.(string) without ok`

	// Param is the parameter, counted without the receiver, that is called at a
	// site of kind Callback, or -1; in a literal, of the function around it. What
	// is passed is looked at where it is passed.
	Param int

	// Claimed is set when the text of an explicit panic says that it cannot
	// happen, and nothing else does.
	Claimed bool

	// Given is set when an explicit panic depends on a number, or a flag, that the
	// function is given.
	Given bool

	Instr ssa.Instruction
}

// A Path is how a call reaches a site.
type Path struct {
	Kind  Kind
	Grade Grade
	Why   string
	Calls []Step    // outermost first; the last one contains the site
	Pos   token.Pos // of the site, or of the call that leaves this package
	Far   string    // where the site is, as file:line, when it is in another package

	Literal bool // the outermost function is a literal
}

// A Step is one function on a path.
type Step struct {
	Name string
	Pos  token.Pos // of the call, in the function before; NoPos in other packages
}

// A Summary is the most plausible site that a function reaches, for those who
// import its package.
type Summary struct {
	Kind  Kind
	Grade Grade
	Why   string
	At    string   // file:line
	Calls []string // names of the functions in between, the one with the site last
}

// A Fact holds the summaries of a package.
type Fact struct {
	Module string
	Funcs  map[string]Summary
}

// AFact marks the type for go/analysis.
func (*Fact) AFact() {}

func (f *Fact) String() string { return fmt.Sprintf("panics(%d)", len(f.Funcs)) }

// Analyzer computes [Facts].
var Analyzer = &analysis.Analyzer{
	Name:       "panics",
	Doc:        "find the places where functions may panic",
	Run:        run,
	Requires:   []*analysis.Analyzer{buildssa.Analyzer, behaviour.Analyzer, indexes.Analyzer},
	ResultType: reflect.TypeFor[*Facts](),
	FactTypes:  []analysis.Fact{new(Fact)},
}

// Facts answers questions about the functions of one package and of those that
// it imports.
type Facts struct {
	*behaviour.Facts
	fset      *token.FileSet
	module    string
	generated map[string]bool // files
	enums     map[types.Type]bool
	stored    map[*ssa.Global]bool
	callers   map[*ssa.Function][]ssa.CallInstruction
	escapes   map[*ssa.Function]bool // used other than to be called
	judged    map[ssa.Instruction]indexes.Site
	fillings  map[*types.Var][]filling
	sites     map[*ssa.Function][]Site
	best      map[*ssa.Function]*Path
	known     func(*types.Package) *Fact

	mu      sync.Mutex // rules of one package run at the same time
	cache   map[*types.Package]*Fact
	methods map[*types.Func][]*ssa.Function // see implementers
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
		Facts:     pass.ResultOf[behaviour.Analyzer].(*behaviour.Facts),
		fset:      pass.Fset,
		generated: make(map[string]bool),
		enums:     make(map[types.Type]bool),
		stored:    make(map[*ssa.Global]bool),
		callers:   make(map[*ssa.Function][]ssa.CallInstruction),
		escapes:   make(map[*ssa.Function]bool),
		fillings:  make(map[*types.Var][]filling),
		judged:    make(map[ssa.Instruction]indexes.Site),
		methods:   make(map[*types.Func][]*ssa.Function),
		sites:     make(map[*ssa.Function][]Site),
		best:      make(map[*ssa.Function]*Path),
		cache:     make(map[*types.Package]*Fact),
	}
	if pass.Module != nil {
		f.module = pass.Module.Path
	}
	f.known = func(p *types.Package) *Fact {
		fact := new(Fact)
		if ir.Std(p.Path()) || !pass.ImportPackageFact(p, fact) {
			return nil
		}
		return fact
	}
	for _, file := range pass.Files {
		if ir.Generated(pass.Fset, file) {
			f.generated[pass.Fset.Position(file.Package).Filename] = true
		}
	}
	if ir.Std(pass.Pkg.Path()) {
		return f, nil // some drivers come here; the model tells of it
	}
	if about, ok := pass.ResultOf[indexes.Analyzer].(*indexes.Facts); ok {
		for _, s := range about.Sites() {
			f.judged[s.At] = s
		}
	}
	f.survey()
	for _, fn := range f.Funcs {
		f.sites[fn] = f.find(fn)
	}
	f.solve()
	if fact := f.export(); len(fact.Funcs) > 0 {
		pass.ExportPackageFact(fact)
	}
	return f, nil
}

// Sites are the places in fn itself, not in those it calls, that may panic. The
// guards of fn are not looked at.
func (f *Facts) Sites(fn *ssa.Function) []Site { return f.sites[fn] }

// CanPanic is the most plausible way in which a call of fn panics, as the caller
// of fn sees it: what the guards of functions recover is none.
func (f *Facts) CanPanic(fn *ssa.Function) (Path, bool) {
	if fn == nil {
		return Path{}, false
	}
	if p := f.best[fn]; p != nil {
		return *p, true
	}
	if len(fn.Blocks) > 0 && fn.Pkg == f.SSA.Pkg {
		return Path{}, false
	}
	p := f.imported(fn, token.NoPos)
	if p == nil {
		return Path{}, false
	}
	return *p, true
}

// export writes down what those who import the package can use.
func (f *Facts) export() *Fact {
	fact := &Fact{Module: f.module, Funcs: make(map[string]Summary)}
	for fn, p := range f.best {
		obj := ir.Object(fn)
		if obj == nil || p.Grade == Unlikely || f.inTest(obj.Pos()) {
			continue
		}
		s := Summary{Kind: p.Kind, Grade: p.Grade, Why: p.Why, At: p.Far}
		if s.At == "" {
			at := f.fset.Position(p.Pos)
			s.At = fmt.Sprintf("%s:%d", filepath.Base(at.Filename), at.Line)
		}
		for _, step := range p.Calls[1:] {
			s.Calls = append(s.Calls, step.Name)
		}
		fact.Funcs[ir.Name(obj)] = s
	}
	return fact
}

func (f *Facts) inTest(pos token.Pos) bool {
	return strings.HasSuffix(f.fset.Position(pos).Filename, "_test.go")
}
