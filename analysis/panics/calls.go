package panics

import (
	"go/constant"
	"go/token"
	"go/types"
	"slices"
	"strings"

	"golang.org/x/tools/go/ssa"

	"github.com/backstop-go/backstop/analysis/internal/ir"
	"github.com/backstop-go/backstop/analysis/model"
)

// explicit grades a call of panic by what it says and what it depends on.
func (x *finder) explicit(p *ssa.Panic) {
	text, isText := saying(p.X, 0)
	why := "panics"
	if isText && text != "" {
		why = "panics with " + quote(text)
	} else if d := describe(p.X); d != "" {
		why = "panics with " + d
	}
	grade := x.gradePanic(p)
	claimed := grade > Unlikely && claims(text)
	if claimed {
		grade = Unlikely
	}
	x.add(p, Explicit, grade, p.Pos(), "%s", why)
	if n := len(x.found); n > 0 && x.found[n-1].Instr == p {
		x.found[n-1].Claimed, x.found[n-1].Given = claimed, grade > Unlikely && onGiven(asked(p.Block()))
	}
}

func claims(text string) bool {
	low := strings.ToLower(text)
	return slices.ContainsFunc(invariants, func(word string) bool { return strings.Contains(low, word) })
}

func (x *finder) gradePanic(p *ssa.Panic) Grade {
	cond := asked(p.Block())
	if cond == nil {
		return Likely // whatever the function is given
	}
	if e, ok := cond.(*ssa.Extract); ok {
		if a, ok := e.Tuple.(*ssa.TypeAssert); ok {
			if c, ok := a.X.(*ssa.Call); ok && ownContainer(ir.Target(&c.Call)) {
				return Unlikely // what is in a pool, the program has put there
			}
		}
	}
	if c := failing(cond); c != nil {
		if neverFails[ir.Name(ir.Target(c))] {
			return Unlikely
		}
		return Likely
	}
	if op, ok := cond.(*ssa.BinOp); ok {
		if (op.Op == token.EQL || op.Op == token.NEQ) && x.enum(op.X.Type()) {
			return Unlikely // the default of a switch over all values there are
		}
		if isNil(op.X) || isNil(op.Y) {
			return Possible // a dependency that was not given
		}
	}
	if onGiven(cond) {
		return Possible // a number that the caller chooses
	}
	if x.ownState(cond) {
		return Possible
	}
	return Likely
}

// ownState reports whether the condition is about the receiver, and neither about
// what the method is given nor about what it calls.
func (x *finder) ownState(cond ssa.Value) bool {
	if x.fn.Signature.Recv() == nil || len(x.fn.Params) == 0 {
		return false
	}
	about := make(map[ref]bool)
	mentioned(cond, about, 0)
	own := false
	for r := range about {
		switch root := r.root.(type) {
		case *ssa.Parameter:
			if root != x.fn.Params[0] {
				return false
			}
			own = true
		case *ssa.Call:
			if _, builtin := root.Call.Value.(*ssa.Builtin); builtin {
				continue
			}
			for _, a := range root.Call.Args {
				if !isConst(a) && canon(a).root != ssa.Value(x.fn.Params[0]) {
					return false
				}
			}
			if root.Call.IsInvoke() || len(root.Call.Args) == 0 {
				return false
			}
			own = true // if r.Empty() { panic }
		}
	}
	return own
}

// Words in the text of a panic that say that it cannot happen.
var invariants = []string{
	"unreachable", "impossible", "not reached", "cannot happen", "can't happen", "should not", "shouldn't",
	"should never", "never happen", "bug", "invariant", "internal error", "assert", "inconsistent", "unhandled case",
}

// asked is the condition that decides whether the block runs.
func asked(b *ssa.BasicBlock) ssa.Value {
	for up := b; up != nil; up = up.Idom() {
		if d := up.Idom(); d != nil {
			if last, ok := d.Instrs[len(d.Instrs)-1].(*ssa.If); ok {
				return last.Cond
			}
		}
	}
	return nil
}

// failing is the call whose error the condition asks for.
func failing(cond ssa.Value) *ssa.CallCommon {
	op, ok := cond.(*ssa.BinOp)
	if !ok || !isError(op.X.Type()) {
		return nil
	}
	switch v := op.X.(type) {
	case *ssa.Call:
		return &v.Call
	case *ssa.Extract:
		if c, ok := v.Tuple.(*ssa.Call); ok {
			return &c.Call
		}
	}
	return nil
}

// Functions of the standard library whose errors mean a broken system or a
// defect of the caller's own types.
var neverFails = map[string]bool{
	"crypto/rand.Read": true, "crypto/rand.Int": true, "encoding/json.Marshal": true, "encoding/json.MarshalIndent": true,
	"(io.Writer).Write": true, "(*bytes.Buffer).Write": true, "(*strings.Builder).WriteString": true, "(*bytes.Buffer).WriteString": true,
	"os.Getwd": true, "os.Hostname": true, "io.ReadFull": true, "crypto/aes.NewCipher": true, "crypto/cipher.NewGCM": true,
}

// enum reports whether the type is a named one with constants of its own.
func (x *finder) enum(t types.Type) bool {
	named, ok := types.Unalias(t).(*types.Named)
	if !ok || named.Obj().Pkg() == nil {
		return false
	}
	if _, ok := named.Underlying().(*types.Basic); !ok {
		return false
	}
	if is, ok := x.enums[named]; ok {
		return is
	}
	n := 0
	scope := named.Obj().Pkg().Scope()
	for _, name := range scope.Names() {
		if c, ok := scope.Lookup(name).(*types.Const); ok && types.Identical(c.Type(), named) {
			n++
		}
	}
	x.enums[named] = n > 1
	return n > 1
}

func isNil(v ssa.Value) bool {
	c, ok := v.(*ssa.Const)
	return ok && c.IsNil()
}

// saying is the constant text in what panic is given, as far as it can be seen.
func saying(v ssa.Value, depth int) (string, bool) {
	if depth > 4 {
		return "", false
	}
	switch v := v.(type) {
	case *ssa.MakeInterface:
		return saying(v.X, depth+1)
	case *ssa.Const:
		if v.Value != nil && v.Value.Kind() == constant.String {
			return constant.StringVal(v.Value), true
		}
	case *ssa.BinOp:
		return saying(v.X, depth+1)
	case *ssa.Call:
		if len(v.Call.Args) > 0 {
			return saying(v.Call.Args[0], depth+1)
		}
	}
	return "", false
}

// call looks at what is called: a function that panics by contract, or one that
// comes from outside.
func (x *finder) call(i ssa.CallInstruction) {
	if _, spawned := i.(*ssa.Go); spawned {
		return
	}
	if fn := ir.Target(i.Common()); fn != nil {
		x.byContract(i, fn)
		x.onResult(i, fn)
	}
	x.found = append(x.found, x.supplied(i)...)
}

// supplied are the sites at which a call runs functions that come from outside:
// what is called, and what is handed on to be called.
func (f *Facts) supplied(i ssa.CallInstruction) []Site {
	var sites []Site
	c := i.Common()
	if _, builtin := c.Value.(*ssa.Builtin); builtin {
		return nil
	}
	_, elsewhere := i.(*ssa.Go)
	if c.IsInvoke() {
		if handlers[c.Method.Name()] && !ir.StdFunc(c.Method) && !f.inner(c.Value.Type()) {
			why := "calls " + describe(c.Value) + "." + c.Method.Name() + ", whoever implements it"
			sites = append(sites, Site{Kind: Callback, Grade: Possible, Pos: i.Pos(), Param: -1, Instr: i, Why: why})
		}
	} else if s, ok := f.callback(i, c.Value, elsewhere); ok {
		sites = append(sites, s)
	}
	args := ir.Args(c)
	for _, cb := range f.OfCall(c).Callbacks { // handed on, and called there
		if cb.Where != model.Caller || cb.Guarded || cb.Param >= len(args) {
			continue
		}
		if _, is := args[cb.Param].Type().Underlying().(*types.Signature); is {
			if s, ok := f.callback(i, args[cb.Param], elsewhere); ok {
				sites = append(sites, s)
			}
		}
	}
	return sites
}

func (x *finder) byContract(i ssa.CallInstruction, fn *types.Func) {
	m, ok := x.Model(fn)
	if !ok {
		return
	}
	switch {
	case m.Panics:
		x.add(i, Explicit, Likely, i.Pos(), "calls %s", short(fn))
	case m.Must && !Constant(i.Common()):
		x.add(i, Explicit, Likely, i.Pos(), "calls %s with what is not constant", short(fn))
	}
}

// callback is a site where a function is called that comes from outside.
func (f *Facts) callback(i ssa.CallInstruction, v ssa.Value, elsewhere bool) (Site, bool) {
	s := Site{Kind: Callback, Grade: Possible, Pos: i.Pos(), Param: -1, Instr: i}
	if _, known := f.resolve(i.Parent(), v, elsewhere); known || !s.Pos.IsValid() {
		return s, false
	}
	if isOption(v.Type()) || f.ownFunc(v) {
		return s, false
	}
	s.Why = "calls " + describe(v) + ", which comes from outside"
	from := canon(v)
	if from.root != nil && from.root.Type().String() == "context.CancelFunc" {
		return s, false
	}
	switch root := from.root.(type) {
	case *ssa.Parameter:
		s.Grade = gradeSupplied(root, from.path, describe(v))
		if from.path == "" {
			s.Param = paramIndex(root)
		}
	case *ssa.UnOp: // received
		s.Grade = Likely
	case *ssa.Extract:
		switch from := root.Tuple.(type) {
		case *ssa.UnOp, *ssa.Select:
			s.Grade = Likely // received
		case *ssa.Next:
			if r, ok := from.Iter.(*ssa.Range); ok {
				s.Grade = gradeKept(r.X)
			}
		case *ssa.Lookup:
			s.Grade = gradeKept(from.X)
		default:
			return s, false // who returns it has chosen it
		}
	case *ssa.Lookup:
		s.Grade = gradeKept(root.X)
	case *ssa.Alloc:
		if !receivedIn(root) {
			return s, false
		}
		s.Grade = Likely
	case *ssa.Global:
		if from.path == "" || !suppliedName(root.Name()) {
			return s, false
		}
		s.Grade = Likely // a registry
	default:
		return s, false // made here: one of a few literals
	}
	return s, s.Grade > Unlikely
}

// receivedIn reports whether the variable holds what was received.
func receivedIn(a *ssa.Alloc) bool {
	for _, r := range *a.Referrers() {
		s, ok := r.(*ssa.Store)
		if !ok || s.Addr != a {
			continue
		}
		switch v := s.Val.(type) {
		case *ssa.UnOp:
			return v.Op == token.ARROW
		case *ssa.Extract:
			from, ok := v.Tuple.(*ssa.UnOp)
			return ok && from.Op == token.ARROW || !ok && isSelect(v.Tuple)
		}
	}
	return false
}

func isSelect(v ssa.Value) bool {
	_, ok := v.(*ssa.Select)
	return ok
}

// gradeKept grades a call of a function of a map.
func gradeKept(m ssa.Value) Grade {
	switch root := canon(m).root.(type) {
	case *ssa.Global:
		if suppliedName(root.Name()) {
			return Likely
		}
	case *ssa.Parameter:
		return gradeSupplied(root, canon(m).path+"[]", "")
	}
	return Unlikely
}

// gradeSupplied grades a call of a parameter, or of what is in one. A function
// that is given, and called, is mostly the caller's own code in two pieces; one
// that is kept among others is a stranger's.
func gradeSupplied(p *ssa.Parameter, path, name string) Grade {
	fn := p.Parent()
	switch recv := fn.Signature.Recv() != nil && p == fn.Params[0]; {
	case path == "":
		if spawns(fn.Name()) {
			return Likely
		}
		return Unlikely
	case !recv:
		return Unlikely
	case strings.Contains(path, "["), suppliedName(name):
		return Possible
	}
	return Unlikely
}

// spawns reports whether the function is one to run other people's functions.
func spawns(name string) bool {
	low := strings.ToLower(name)
	for _, word := range []string{"go", "spawn", "async", "submit", "launch", "background", "fire"} {
		if strings.HasPrefix(low, word) && (len(name) == len(word) || name[len(word)] < 'a') || strings.HasSuffix(low, "async") {
			return true
		}
	}
	return false
}

// isOption reports whether the function is one that sets an option.
func isOption(t types.Type) bool {
	n, ok := types.Unalias(t).(*types.Named)
	if !ok {
		return false
	}
	name := strings.ToLower(n.Obj().Name())
	return strings.HasSuffix(name, "option") || strings.HasSuffix(name, "opt")
}

// suppliedName reports whether the field has the name of a function by which
// others have their code run.
func suppliedName(field string) bool {
	name := field[strings.LastIndexByte(field, '.')+1:]
	low := strings.ToLower(name)
	for _, word := range []string{"handle", "handler", "callback", "hook", "process", "listener", "plugin"} {
		if strings.HasPrefix(low, word) || strings.HasSuffix(low, word) || strings.HasSuffix(low, word+"s") {
			return true
		}
	}
	return len(name) > 2 && low[:2] == "on" && name[2] < 'a'
}

// paramIndex counts a parameter without the receiver.
func paramIndex(p *ssa.Parameter) int {
	n := slices.Index(p.Parent().Params, p)
	if p.Parent().Signature.Recv() != nil {
		n--
	}
	return max(n, 0)
}

// Names of methods by which a service lets others run their code.
var handlers = map[string]bool{
	"Handle": true, "Process": true, "Execute": true, "Serve": true, "Invoke": true, "HandleMessage": true,
	"HandleEvent": true, "HandleJob": true, "OnEvent": true, "OnMessage": true, "ServeHTTP": true, "Run": true, "Do": true,
}

// deref looks for a pointer that is nil with its error, that a map does not
// hold, or that was decoded.
func (x *finder) deref(i ssa.Instruction, p ssa.Value) {
	if !i.Pos().IsValid() && p.Pos() == token.NoPos {
		return
	}
	switch v := p.(type) {
	case *ssa.Extract:
		x.uncheckedResult(i, v)
	case *ssa.Lookup:
		if !v.CommaOk && isParam(base(v.Index)) && !x.checked(i.Block(), v, v.Index, v.X) {
			x.add(i, NilDeref, Possible, i.Pos(), "uses %s, which is nil when the key is missing", describe(v))
		}
	case *ssa.Call:
		callee := ir.Callee(&v.Call)
		if callee != nil && callee.Pkg == x.SSA.Pkg && returnsNil(callee) && !x.checked(i.Block(), v) {
			x.add(i, NilDeref, Possible, i.Pos(), "uses what %s returns, which is nil on some paths", Name(callee))
		}
	case *ssa.Const:
		if v.IsNil() {
			x.add(i, NilDeref, Likely, i.Pos(), "dereferences nil")
		}
	case *ssa.UnOp:
		if v.Op == token.MUL {
			if v.X != base(v) && x.decoded(base(v)) && !x.checked(i.Block(), v) {
				x.add(i, NilDeref, Likely, i.Pos(), "uses %s, which is nil when the input leaves it out", describe(v))
			}
		}
	}
}

// returnsNil reports whether the function returns nil on some paths, and
// something on others, without an error that says which.
func returnsNil(fn *ssa.Function) bool {
	if fn.Signature.Results().Len() != 1 {
		return false
	}
	some, none := false, false
	for _, b := range fn.Blocks {
		if r, ok := b.Instrs[len(b.Instrs)-1].(*ssa.Return); ok && len(r.Results) == 1 {
			if isNil(r.Results[0]) {
				none = true
			} else {
				some = true
			}
		}
	}
	return some && none
}
