package panics

import (
	"fmt"
	"go/constant"
	"go/token"
	"go/types"
	"slices"
	"strings"

	"golang.org/x/tools/go/ssa"

	"github.com/backstop-go/backstop/analysis/internal/ir"
)

// survey looks once at all functions for what single ones do not show: globals
// that are assigned, and who calls whom.
func (f *Facts) survey() {
	fns := f.SSA.SrcFuncs
	if start := f.SSA.Pkg.Func("init"); start != nil {
		fns = append(fns[:len(fns):len(fns)], start)
	}
	for _, fn := range fns {
		for _, b := range fn.Blocks {
			for _, i := range b.Instrs {
				f.noteCalls(i)
				f.noteFilling(i)
				for _, op := range i.Operands(nil) {
					g, ok := (*op).(*ssa.Global)
					if _, load := i.(*ssa.UnOp); ok && !load {
						f.stored[g] = true // or its address goes elsewhere
					}
				}
			}
		}
	}
}

func deref(t types.Type) types.Type {
	if p, ok := t.Underlying().(*types.Pointer); ok {
		return p.Elem()
	}
	return t
}

// finder looks for sites in one function.
type finder struct {
	*Facts
	*checker
	fn    *ssa.Function
	found []Site
	fills map[*ssa.Alloc]bool // variables that a decoder fills
}

// find lists the sites of fn.
func (f *Facts) find(fn *ssa.Function) []Site {
	if f.generated[f.fset.Position(fn.Pos()).Filename] {
		return nil // who generates code has the checks elsewhere
	}
	x := &finder{Facts: f, checker: newChecker(), fn: fn, fills: make(map[*ssa.Alloc]bool)}
	for _, b := range fn.Blocks {
		if b == fn.Recover {
			continue
		}
		for _, i := range b.Instrs {
			x.look(i)
			x.outOfRange(i)
			if c, ok := i.(*ssa.Call); ok && f.OfCall(c.Common()).NeverReturns {
				break
			}
		}
	}
	return x.found
}

func (x *finder) add(i ssa.Instruction, kind Kind, grade Grade, pos token.Pos, why string, args ...any) {
	if !pos.IsValid() {
		pos = i.Pos()
	}
	if pos.IsValid() {
		x.found = append(x.found, Site{Kind: kind, Grade: grade, Pos: pos, Why: fmt.Sprintf(why, args...), Param: -1, Instr: i})
	}
}

func (x *finder) look(i ssa.Instruction) {
	switch i := i.(type) {
	case *ssa.Panic:
		if ir.Panics(i) {
			x.explicit(i)
		}
	case *ssa.TypeAssert:
		x.assertion(i)
	case *ssa.MapUpdate:
		x.mapUpdate(i)
	case *ssa.IndexAddr:
		x.index(i, i.X, i.Index)
	case *ssa.Index:
		x.index(i, i.X, i.Index)
	case *ssa.Lookup:
		if _, ok := i.X.Type().Underlying().(*types.Basic); ok {
			x.index(i, i.X, i.Index)
		}
	case *ssa.Slice:
		x.slice(i)
	case *ssa.MakeSlice:
		x.allocation(i)
	case *ssa.BinOp:
		x.divide(i)
	case *ssa.FieldAddr:
		x.deref(i, i.X)
	case *ssa.UnOp:
		if i.Op == token.MUL {
			x.deref(i, i.X)
		}
	case ssa.CallInstruction:
		x.call(i)
	}
}

func (x *finder) assertion(i *ssa.TypeAssert) {
	if i.CommaOk || !i.Pos().IsValid() || x.checked(i.Block(), i.X) {
		return
	}
	x.add(i, Assertion, x.gradeAssertion(i), token.NoPos, "asserts %s.(%s) without ok", describe(i.X), typeName(i.AssertedType))
}

func (x *finder) gradeAssertion(i *ssa.TypeAssert) Grade {
	if inElement(i.X) {
		return Unlikely
	}
	data := Likely
	if iface, ok := i.X.Type().Underlying().(*types.Interface); ok && iface.NumMethods() > 0 {
		data = Possible // a narrower choice than any
	}
	from := canon(i.X)
	if strings.Contains(from.path, `["`) {
		return data // the value of a key
	}
	switch root := from.root.(type) {
	case *ssa.Call:
		return x.gradeResult(ir.Target(root.Common()), data)
	case *ssa.Extract:
		if c, ok := root.Tuple.(*ssa.Call); ok {
			if dialled(c.Common()) {
				return Unlikely
			}
			return x.gradeResult(ir.Target(c.Common()), data)
		}
		return data
	case *ssa.Lookup, *ssa.Next, *ssa.UnOp: // of a map, a channel
		return data
	case *ssa.Parameter:
		if n := x.fn.Name(); n == "Push" || n == "Less" || n == "Swap" {
			return Unlikely // heap.Interface
		}
		if visitsMap(root.Parent()) {
			return Unlikely // sync.Map.Range
		}
		if from.path == "" {
			return data
		}
	}
	return Possible
}

// dialled reports whether the call opens a connection of a network that the code names:
// what Dial("tcp", address) returns is a *net.TCPConn.
func dialled(c *ssa.CallCommon) bool {
	fn := ir.Target(c)
	if fn == nil || fn.Pkg() == nil || fn.Pkg().Path() != "net" || !strings.HasPrefix(fn.Name(), "Dial") && !strings.HasPrefix(fn.Name(), "Listen") {
		return false
	}
	args := ir.Args(c)
	return slices.ContainsFunc(args[:min(2, len(args))], func(v ssa.Value) bool {
		k, ok := v.(*ssa.Const)
		return ok && k.Value != nil && k.Value.Kind() == constant.String
	})
}

// visitsMap reports whether the literal has the shape that (*sync.Map).Range
// wants, which hands it what the same program stored.
func visitsMap(fn *ssa.Function) bool {
	sig := fn.Signature
	if fn.Parent() == nil || sig.Params().Len() != 2 || sig.Results().Len() != 1 {
		return false
	}
	isAny := func(t types.Type) bool {
		i, ok := t.Underlying().(*types.Interface)
		return ok && i.Empty()
	}
	return isAny(sig.Params().At(0).Type()) && isAny(sig.Params().At(1).Type()) && types.Identical(sig.Results().At(0).Type(), types.Typ[types.Bool])
}

// gradeResult grades an assertion of what the function returns.
func (x *finder) gradeResult(fn *types.Func, data Grade) Grade {
	switch {
	case ownContainer(fn):
		return Unlikely
	case fn != nil && fn.Pkg() == x.SSA.Pkg.Pkg:
		return Possible // the same author writes both
	}
	return data
}

// ownContainer reports whether what the function returns was put there by the
// same program, as in a pool.
func ownContainer(fn *types.Func) bool {
	if fn == nil {
		return false
	}
	switch ir.Name(fn) {
	case "(*sync.Pool).Get", "container/heap.Pop", "container/heap.Remove", "(*sync/atomic.Value).Load",
		"(*container/list.List).Remove", "(*sync.Map).Load", "(*sync.Map).LoadOrStore", "(*sync.Map).LoadAndDelete",
		"(*golang.org/x/sync/singleflight.Group).Do", "(reflect.Value).Interface",
		"google.golang.org/protobuf/proto.Clone", "github.com/golang/protobuf/proto.Clone":
		return true
	}
	return fn.Name() == "Pop" || fn.Name() == "Load"
}

// inElement reports whether v is the Value of a list.Element.
func inElement(v ssa.Value) bool {
	load, ok := v.(*ssa.UnOp)
	if !ok {
		return false
	}
	field, ok := load.X.(*ssa.FieldAddr)
	return ok && strings.HasSuffix(deref(field.X.Type()).String(), "container/list.Element")
}

func (x *finder) mapUpdate(i *ssa.MapUpdate) {
	switch m := i.Map.(type) {
	case *ssa.Const:
		x.add(i, NilMap, Likely, i.Pos(), "writes to a map that is nil")
	case *ssa.UnOp:
		switch at := m.X.(type) {
		case *ssa.Alloc:
			if neverStored(at) {
				x.add(i, NilMap, Likely, i.Pos(), "writes to the map %s, which is nil", describe(m))
			}
		case *ssa.Global:
			if !x.stored[at] && !at.Object().Exported() && at.Pkg == x.SSA.Pkg && !x.checked(i.Block(), m) {
				x.add(i, NilMap, Likely, i.Pos(), "writes to the map %s, which is never made", at.Name())
			}
		}
	case *ssa.Phi:
		for _, e := range m.Edges {
			if c, ok := e.(*ssa.Const); ok && c.IsNil() && !x.checked(i.Block(), m) {
				x.add(i, NilMap, Possible, i.Pos(), "writes to the map %s, which may be nil", describe(m))
				return
			}
		}
	}
}

// neverStored reports whether a local variable keeps its zero value.
func neverStored(a *ssa.Alloc) bool {
	for _, r := range *a.Referrers() {
		switch r.(type) {
		case *ssa.UnOp, *ssa.DebugRef:
		default:
			return false
		}
	}
	return true
}

func (x *finder) divide(i *ssa.BinOp) {
	if i.Op != token.QUO && i.Op != token.REM {
		return
	}
	if b, ok := i.Type().Underlying().(*types.Basic); !ok || b.Info()&types.IsInteger == 0 {
		return
	}
	if _, ok := i.Y.(*ssa.Const); ok {
		return
	}
	grade := Unlikely
	switch {
	case x.fromData(i.Y, 0):
		grade = Likely
	case x.table(i.Y):
	case isLen(i.Y), isParam(canon(i.Y).root):
		grade = Possible
	}
	if grade > Unlikely && !x.checked(i.Block(), i.Y) {
		x.add(i, Divide, grade, token.NoPos, "divides by %s, which may be 0", describe(i.Y))
	}
}

// table reports whether v is the length of a variable of the package that is only
// set where it is declared, to a list with something in it.
func (x *finder) table(v ssa.Value) bool {
	c, ok := v.(*ssa.Call)
	if !ok || !ir.IsBuiltin(&c.Call, "len") {
		return false
	}
	load, ok := c.Call.Args[0].(*ssa.UnOp)
	if !ok {
		return false
	}
	g, ok := load.X.(*ssa.Global)
	return ok && g.Object() != nil && !g.Object().Exported() && x.filledOnce(g)
}

func (x *finder) filledOnce(g *ssa.Global) bool {
	start := x.SSA.Pkg.Func("init")
	if g.Pkg != x.SSA.Pkg || start == nil {
		return false
	}
	stores, filled := 0, false
	for _, fn := range append([]*ssa.Function{start}, x.SSA.SrcFuncs...) {
		for _, b := range fn.Blocks {
			for _, i := range b.Instrs {
				s, ok := i.(*ssa.Store)
				if !ok || s.Addr != g {
					continue
				}
				stores++
				if cut, ok := s.Val.(*ssa.Slice); ok {
					n, isArray := arrayLen(cut.X.Type())
					filled = isArray && n > 0 && cut.High == nil
				}
			}
		}
	}
	return stores == 1 && filled
}

func isLen(v ssa.Value) bool {
	if c, ok := v.(*ssa.Convert); ok {
		v = c.X
	}
	c, ok := v.(*ssa.Call)
	return ok && ir.IsBuiltin(&c.Call, "len")
}
