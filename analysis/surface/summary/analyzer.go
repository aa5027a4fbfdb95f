package summary

import (
	"go/token"
	"go/types"
	"maps"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/passes/buildssa"
	"golang.org/x/tools/go/ssa"

	"github.com/backstop-go/backstop/analysis/behaviour"
	"github.com/backstop-go/backstop/analysis/panics"
)

// Analyzer summarises a package. Its result is a *Summary.
var Analyzer = &analysis.Analyzer{
	Name:       "backstopsummary",
	Doc:        "summarise where a package can panic, what it calls and what flows where",
	Requires:   []*analysis.Analyzer{behaviour.Analyzer, panics.Analyzer},
	ResultType: reflect.TypeFor[*Summary](),
	Run: func(pass *analysis.Pass) (any, error) {
		return summarise(pass), nil
	},
}

type builder struct {
	*namer
	pass    *analysis.Pass
	pkg     *ssa.Package
	facts   *behaviour.Facts
	panics  *panics.Facts
	out     *Summary
	files   map[string]uint32
	nodes   map[Node]NodeID
	values  map[ssa.Value]NodeID
	cells   map[ssa.Value]NodeID
	closed  map[*ssa.MakeClosure]bool
	filters map[string]uint32
	types   map[string]bool // described in out.Types
	done    map[string]bool // functions
	queue   []*ssa.Function // synthetic functions that were met
	cur     *Func
	guard   behaviour.Guard
}

func summarise(pass *analysis.Pass) *Summary {
	facts := pass.ResultOf[behaviour.Analyzer].(*behaviour.Facts)
	s := facts.SSA
	b := &builder{
		namer:   newNamer(),
		pass:    pass,
		pkg:     s.Pkg,
		facts:   facts,
		panics:  pass.ResultOf[panics.Analyzer].(*panics.Facts),
		out:     &Summary{Path: pass.Pkg.Path(), Name: pass.Pkg.Name(), Nodes: make([]Node, 1)},
		files:   make(map[string]uint32),
		nodes:   make(map[Node]NodeID),
		values:  make(map[ssa.Value]NodeID),
		cells:   make(map[ssa.Value]NodeID),
		closed:  make(map[*ssa.MakeClosure]bool),
		filters: make(map[string]uint32),
		types:   make(map[string]bool),
		done:    make(map[string]bool),
	}
	b.declareAll(s)
	if init := s.Pkg.Func("init"); init != nil {
		b.function(init)
		b.literals(init)
	}
	for _, fn := range s.SrcFuncs {
		b.function(fn)
	}
	for len(b.queue) > 0 {
		fn := b.queue[0]
		b.queue = b.queue[1:]
		b.function(fn)
	}
	b.instances()
	b.namedTypes()
	b.out.collapse()
	return b.out
}

// declareAll names type parameters before anything mentions them.
func (b *builder) declareAll(s *buildssa.SSA) {
	for _, fn := range s.SrcFuncs {
		if obj, ok := fn.Object().(*types.Func); ok {
			b.declare(obj)
		}
	}
	scope := b.pass.Pkg.Scope()
	for _, name := range scope.Names() {
		if tn, ok := scope.Lookup(name).(*types.TypeName); ok {
			if named, ok := tn.Type().(*types.Named); ok {
				b.declareType(named)
			}
		}
	}
}

func (b *builder) literals(fn *ssa.Function) {
	for _, lit := range fn.AnonFuncs {
		b.function(lit)
		b.literals(lit)
	}
}

func (b *builder) function(fn *ssa.Function) {
	if fn.Blocks == nil {
		return
	}
	name := b.namer.function(fn)
	if b.done[name] {
		return
	}
	b.done[name] = true
	if obj, ok := fn.Object().(*types.Func); ok {
		b.declare(obj.Origin())
	}
	b.out.Funcs = append(b.out.Funcs, Func{
		Name: name, Sig: b.sig(fn.Signature), Pos: b.pos(fn.Pos()), Exported: exported(fn),
	})
	b.cur = &b.out.Funcs[len(b.out.Funcs)-1]
	b.guard = b.facts.Guard(fn)
	b.cur.Guard = uint32(b.guard.Kind)
	for _, c := range b.facts.Of(fn).Callbacks {
		b.cur.Callbacks = append(b.cur.Callbacks, Callback{
			Param: uint32(c.Param), Where: string(c.Where), Guarded: c.Guarded, By: c.By,
		})
	}
	for _, block := range fn.Blocks {
		for _, i := range block.Instrs {
			b.instruction(fn, i)
		}
	}
	if fn.Synthetic == "" || fn.Parent() != nil {
		b.cur.Sites = b.sites(fn)
	}
}

func exported(fn *ssa.Function) bool {
	obj, ok := fn.Object().(*types.Func)
	if !ok || !obj.Exported() || fn.Synthetic != "" {
		return false
	}
	named := receiver(obj.Signature())
	return obj.Signature().Recv() == nil || named != nil && named.Obj().Exported()
}

// pos is the place without the directory, which is that of the package.
func (b *builder) pos(p token.Pos) Pos {
	if !p.IsValid() {
		return Pos{}
	}
	at := b.pass.Fset.Position(p)
	name := filepath.Base(filepath.FromSlash(strings.ReplaceAll(at.Filename, `\`, "/")))
	id, ok := b.files[name]
	if !ok {
		id = uint32(len(b.out.Files))
		b.files[name] = id
		b.out.Files = append(b.out.Files, name)
	}
	return Pos{File: id, Line: uint32(max(at.Line, 0))}
}

// instances says what type parameters stand for where generic functions and
// types are used. All of it belongs to the package's initialisation, which runs
// in every program.
func (b *builder) instances() {
	b.cur = b.initFunc()
	type use struct {
		obj types.Object
		is  types.Instance
	}
	uses := make(map[string]use)
	for id, is := range b.pass.TypesInfo.Instances {
		obj := b.pass.TypesInfo.Uses[id]
		if obj == nil || obj.Pkg() == nil {
			continue
		}
		var key strings.Builder
		key.WriteString(obj.Pkg().Path() + "." + obj.Name())
		b.list(&key, "[", slices.Collect(is.TypeArgs.Types()), "]")
		uses[key.String()] = use{obj, is}
	}
	for _, key := range slices.Sorted(maps.Keys(uses)) {
		b.instance(uses[key].obj, uses[key].is)
	}
}

func (b *builder) instance(obj types.Object, is types.Instance) {
	owner := ""
	switch obj := obj.(type) {
	case *types.Func:
		obj = obj.Origin()
		b.declare(obj)
		owner = obj.FullName()
		b.same(is.Type, obj.Type(), 0)
	case *types.TypeName:
		named, ok := types.Unalias(is.Type).(*types.Named)
		if !ok {
			return
		}
		b.declareType(named)
		owner = b.named(named)
		b.same(named.Underlying(), named.Origin().Underlying(), 0)
		for i := range min(named.NumMethods(), 200) {
			m := named.Method(i)
			b.declare(m.Origin())
			b.same(m.Type(), m.Origin().Type(), 0)
		}
	}
	for i := range is.TypeArgs.Len() {
		to := b.node(Node{Kind: TypeParam, Name: owner, Index: uint32(i)})
		switch t := types.Unalias(is.TypeArgs.At(i)).(type) {
		case *types.TypeParam:
			b.edge(b.typeParam(t), to)
		default:
			b.seedType(to, t)
		}
	}
}

// typeParam is the place of the types that a type parameter stands for.
func (b *builder) typeParam(t *types.TypeParam) NodeID {
	owner, _, _ := strings.Cut(b.param(t), "#")
	return b.node(Node{Kind: TypeParam, Name: owner, Index: uint32(t.Index())})
}

// same makes one of the places that values of a type are kept in, as the
// instance and as the generic code name them.
func (b *builder) same(is, was types.Type, depth int) {
	is, was = types.Unalias(is), types.Unalias(was)
	if depth > 4 || is == was {
		return
	}
	place := func(k Kind, x, y types.Type) {
		if interesting(x) && interesting(y) {
			b.both(b.contents(k, x), b.contents(k, y))
		}
		if concrete(x) && interesting(y) {
			b.seedType(b.contents(k, y), x)
		}
		b.same(x, y, depth+1)
	}
	switch x := is.(type) {
	case *types.Pointer:
		if y, ok := was.(*types.Pointer); ok {
			place(Pointer, x.Elem(), y.Elem())
		}
	case *types.Slice:
		if y, ok := was.(*types.Slice); ok {
			place(Elem, x.Elem(), y.Elem())
		}
	case *types.Array:
		if y, ok := was.(*types.Array); ok {
			place(Elem, x.Elem(), y.Elem())
		}
	case *types.Chan:
		if y, ok := was.(*types.Chan); ok {
			place(Chan, x.Elem(), y.Elem())
		}
	case *types.Map:
		if y, ok := was.(*types.Map); ok {
			place(MapKey, x.Key(), y.Key())
			place(MapElem, x.Elem(), y.Elem())
		}
	case *types.Signature:
		if y, ok := was.(*types.Signature); ok {
			b.sameTuple(x.Params(), y.Params(), depth)
			b.sameTuple(x.Results(), y.Results(), depth)
		}
	case *types.Struct:
		if y, ok := was.(*types.Struct); ok && x.NumFields() == y.NumFields() {
			for i := range x.NumFields() {
				b.same(x.Field(i).Type(), y.Field(i).Type(), depth+1)
			}
		}
	}
}

func (b *builder) sameTuple(x, y *types.Tuple, depth int) {
	if x.Len() != y.Len() {
		return
	}
	for i := range x.Len() {
		b.same(x.At(i).Type(), y.At(i).Type(), depth+1)
	}
}

func concrete(t types.Type) bool { return !types.IsInterface(t) }

// initFunc is the function that runs when the package is initialised.
func (b *builder) initFunc() *Func {
	name := b.out.Path + ".init"
	for i := range b.out.Funcs {
		if b.out.Funcs[i].Name == name {
			return &b.out.Funcs[i]
		}
	}
	b.out.Funcs = append(b.out.Funcs, Func{Name: name})
	return &b.out.Funcs[len(b.out.Funcs)-1]
}
