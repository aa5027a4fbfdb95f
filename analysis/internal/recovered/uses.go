package recovered

import (
	"go/token"
	"go/types"
	"strings"

	"golang.org/x/tools/go/ssa"

	"github.com/backstop-go/backstop/analysis/internal/ir"
)

// A Use is an instruction that does something with the value that is followed, or
// with one made of it.
type Use struct {
	Instr ssa.Instruction
	Value ssa.Value // as the instruction has it
	Same  bool      // it is the value itself, not a text or an error made of it

	// Asserted is the type that the value was asserted to have, if it was.
	Asserted types.Type
}

// limit bounds the work on functions that machines write.
const limit = 2000

// Uses follows v through variables, conversions, texts and errors made of it, and
// the literals that capture it. What only passes the value on is no use; a call is
// one, and what it returns is followed too.
func Uses(v ssa.Value) []Use {
	if v == nil {
		return nil
	}
	return walk(item{v: v, same: true})
}

// UsesOf is [Uses] of what is read from the variable with the address.
func UsesOf(addr ssa.Value) []Use {
	if addr == nil {
		return nil
	}
	return walk(item{v: addr, addr: true, same: true})
}

func walk(from item) []Use {
	w := &walker{seen: make(map[ssa.Value]bool)}
	w.push(from)
	for len(w.todo) > 0 && len(w.seen) < limit {
		next := w.todo[len(w.todo)-1]
		w.todo = w.todo[:len(w.todo)-1]
		if next.v.Referrers() == nil {
			continue
		}
		for _, r := range *next.v.Referrers() {
			w.follow(next, r)
		}
	}
	return w.uses
}

// item is a value made of the one that is followed, or the address of a variable
// that holds one.
type item struct {
	v        ssa.Value
	addr     bool
	same     bool
	asserted types.Type
}

type walker struct {
	seen map[ssa.Value]bool
	todo []item
	uses []Use
}

func (w *walker) push(i item) {
	if i.v != nil && !w.seen[i.v] {
		w.seen[i.v] = true
		w.todo = append(w.todo, i)
	}
}

func (w *walker) use(i item, at ssa.Instruction) {
	w.uses = append(w.uses, Use{Instr: at, Value: i.v, Same: i.same && !i.addr, Asserted: i.asserted})
}

// on is i as it goes on in v.
func (i item) on(v ssa.Value) item { i.v = v; return i }

func (w *walker) follow(i item, r ssa.Instruction) {
	switch r := r.(type) {
	case *ssa.DebugRef:
	case *ssa.Phi, *ssa.ChangeInterface, *ssa.MakeInterface, *ssa.ChangeType:
		w.push(i.on(r.(ssa.Value)))
	case *ssa.Convert, *ssa.Field, *ssa.Index:
		i.same = false
		w.push(i.on(r.(ssa.Value)))
	case *ssa.FieldAddr, *ssa.IndexAddr:
		i.same, i.addr = false, true
		w.push(i.on(r.(ssa.Value)))
	case *ssa.Slice:
		i.same, i.addr = false, false
		w.push(i.on(r))
	case *ssa.UnOp:
		if r.Op != token.MUL {
			w.use(i, r)
			return
		}
		i.addr = false
		w.push(i.on(r))
	case *ssa.TypeAssert:
		w.use(i, r)
		i.asserted = r.AssertedType
		w.push(i.on(r))
	case *ssa.Extract:
		if a, ok := r.Tuple.(*ssa.TypeAssert); !ok || a != nil && r.Index == 0 {
			w.push(i.on(r))
		}
	case *ssa.BinOp:
		if r.Op != token.ADD {
			w.use(i, r)
			return
		}
		i.same = false
		w.push(i.on(r))
	case *ssa.Store:
		w.store(i, r)
	case *ssa.MakeClosure:
		w.capture(i, r)
	case ssa.CallInstruction:
		w.call(i, r)
	default:
		w.use(i, r)
	}
}

// store goes on with the variable that the value is stored in, when it is one of
// this function.
func (w *walker) store(i item, s *ssa.Store) {
	if s.Val != i.v {
		return // something is stored where the value was
	}
	addr, whole := s.Addr, true
	for {
		switch a := addr.(type) {
		case *ssa.FieldAddr:
			addr, whole = a.X, false
			continue
		case *ssa.IndexAddr:
			addr, whole = a.X, false
			continue
		}
		break
	}
	if _, local := addr.(*ssa.Alloc); !local {
		w.use(i, s)
		return
	}
	if i.addr { // the address of the variable goes to another one
		w.use(i, s)
	}
	w.push(item{v: addr, addr: true, same: i.same && whole, asserted: i.asserted})
}

func (w *walker) capture(i item, c *ssa.MakeClosure) {
	fn, ok := c.Fn.(*ssa.Function)
	if !ok || fn.Synthetic != "" {
		w.use(i, c)
		return
	}
	for n, b := range c.Bindings {
		if b == i.v && n < len(fn.FreeVars) {
			w.push(i.on(fn.FreeVars[n]))
		}
	}
}

func (w *walker) call(i item, c ssa.CallInstruction) {
	if !Formats(c.Common()) && !isText(i, c.Common()) {
		w.use(i, c)
	}
	if v := c.Value(); v != nil {
		w.push(item{v: v, asserted: i.asserted})
	}
}

// isText reports whether the call only asks the value for its text.
func isText(i item, c *ssa.CallCommon) bool {
	obj := ir.Target(c)
	if obj == nil || obj.Name() != "Error" && obj.Name() != "String" && obj.Name() != "Unwrap" {
		return false
	}
	if c.IsInvoke() {
		return c.Value == i.v
	}
	return len(c.Args) == 1 && c.Args[0] == i.v
}

// Formats reports whether the call does nothing but make a text, an error or a
// field of a log entry of what it is given.
func Formats(c *ssa.CallCommon) bool {
	obj := ir.Target(c)
	if obj == nil || obj.Pkg() == nil {
		return false
	}
	name := obj.Name()
	switch obj.Pkg().Path() {
	case "fmt":
		return strings.HasPrefix(name, "Sprint") || strings.HasPrefix(name, "Append") || name == "Errorf"
	case "errors", "strings", "strconv", "reflect":
		return true
	case "log/slog":
		return obj.Signature().Recv() == nil && returns(obj, "Attr")
	case "go.uber.org/zap":
		return obj.Signature().Recv() == nil && returns(obj, "Field")
	}
	return false
}

func returns(fn *types.Func, name string) bool {
	results := fn.Signature().Results()
	if results.Len() != 1 {
		return false
	}
	named, ok := types.Unalias(results.At(0).Type()).(*types.Named)
	return ok && named.Obj().Name() == name
}
