package maprace

import (
	"go/ast"
	"go/types"
	"strings"

	"golang.org/x/tools/go/ssa"

	"github.com/backstop-go/backstop/analysis/internal/conc"
	"github.com/backstop-go/backstop/analysis/internal/ir"
	"github.com/backstop-go/backstop/analysis/internal/path"
	"github.com/backstop-go/backstop/analysis/rule"
)

// handlers reports writes to maps of the server, or of the package, in handlers:
// those run for many requests at once.
func (c *checker) handlers() {
	for _, fn := range c.Funcs {
		if isHandler(fn) {
			c.request(fn, fn, nil, 0)
		}
	}
}

// request looks at what a handler runs without a lock.
func (c *checker) request(handler, fn *ssa.Function, call ssa.CallInstruction, depth int) {
	if depth > 3 || c.callerHolds(fn) {
		return
	}
	accesses(fn, func(a access) {
		if a.write && lasting(a.m, fn) && c.held(a.instr) != writing && !c.Once(fn) {
			related := []rule.Place{{Pos: handler.Pos(), Message: "the handler"}}
			if call != nil {
				related = append(related, rule.Place{Pos: call.Pos(), Message: "calls this"})
			}
			c.report(a, "write to "+c.name(a)+" in a handler without a lock: requests run at once, and \"fatal error: concurrent map writes\" ends the process, which net/http's recover does not stop; lock a mutex", related...)
		}
	})
	ir.Calls(fn, func(i ssa.CallInstruction) {
		callee := ir.Callee(i.Common())
		if _, plain := i.(*ssa.Call); plain && c.Here(callee) && callee != fn && callee.Parent() == nil && c.held(i) == unlocked {
			c.request(handler, callee, i, depth+1)
		}
	})
}

// lasting reports whether the map outlives the request: a package variable, or a
// field of the receiver or of a variable that the handler captured.
func lasting(m ssa.Value, fn *ssa.Function) bool {
	cell := path.Of(m)
	if cell.Global() {
		return true
	}
	switch root := cell.Root.(type) {
	case *ssa.Parameter:
		return strings.Count(cell.Path, ".") == 1 && fn.Signature.Recv() != nil && root == fn.Params[0] && !perRequest(root.Type()) ||
			root.Parent() != fn && !httpTypes(root.Type())
	case *ssa.MakeMap:
		return root.Parent() != fn && cell.Path == ""
	}
	return false
}

// perRequest reports whether the type says that it is made for one request.
func perRequest(t types.Type) bool {
	name := strings.ToLower(types.TypeString(t, func(*types.Package) string { return "" }))
	for _, word := range []string{"request", "response", "context", "writer", "builder", "session", "params", "form"} {
		if strings.Contains(name, word) {
			return true
		}
	}
	return false
}

func httpTypes(t types.Type) bool { return strings.Contains(t.String(), "net/http.") }

// isHandler reports whether net/http may call the function.
func isHandler(fn *ssa.Function) bool {
	p := fn.Signature.Params()
	if p.Len() != 2 || fn.Signature.Results().Len() != 0 {
		return false
	}
	return p.At(0).Type().String() == "net/http.ResponseWriter" && p.At(1).Type().String() == "*net/http.Request"
}

// callerHolds reports whether the function says that its callers hold the lock.
func (c *checker) callerHolds(fn *ssa.Function) bool {
	name := strings.ToLower(fn.Name())
	if strings.Contains(name, "locked") || strings.Contains(name, "unsafe") || strings.Contains(name, "nolock") {
		return true
	}
	d, ok := fn.Syntax().(*ast.FuncDecl)
	if !ok || d.Doc == nil {
		return false
	}
	text := strings.ToLower(d.Doc.Text())
	for _, word := range []string{"lock", "held", "holds", "mutex", "concurren", "goroutine", "thread"} {
		if strings.Contains(text, word) {
			return true
		}
	}
	return false
}

// usage is how a field is used in the package.
type usage struct {
	locked, open []access
}

// inconsistent reports fields that are written without a lock by an exported
// method, where all other methods take one.
func (c *checker) inconsistent() {
	uses := make(map[*types.Var]*usage)
	for _, fn := range c.Funcs {
		accesses(fn, func(a access) {
			field := path.FieldOf(a.m)
			if field == nil || field.Pkg() != c.pass.Pkg || !ofReceiver(a.m, fn) {
				return
			}
			u := uses[field]
			if u == nil {
				u = new(usage)
				uses[field] = u
			}
			if c.held(a.instr) == unlocked {
				if c.entry(fn) && !c.callerHolds(fn) && !c.takenOut(a, fn) {
					u.open = append(u.open, a)
				}
			} else {
				u.locked = append(u.locked, a)
			}
		})
	}
	for _, u := range uses {
		writes := 0
		for _, a := range u.locked {
			if a.write {
				writes++
			}
		}
		if len(u.locked) < 2 || writes == 0 || len(u.open) > len(u.locked) {
			continue
		}
		for _, a := range u.open {
			what := "read of "
			if a.write {
				what = "write to "
			}
			c.report(a, what+c.name(a)+" without the lock that others hold for it: \"fatal error: concurrent map read and map write\" ends the process, and no recover stops it; lock the mutex",
				rule.Place{Pos: u.locked[0].instr.Pos(), Message: "it is locked here"})
		}
	}
}

// takenOut reports whether the map was taken out of its field with the lock held, and
// something else put there: nobody else has it any more.
func (c *checker) takenOut(a access, fn *ssa.Function) bool {
	load, ok := a.m.(*ssa.UnOp)
	if !ok || c.held(load) == unlocked {
		return false
	}
	field := path.FieldOf(load)
	for _, b := range fn.Blocks {
		for _, i := range b.Instrs {
			s, ok := i.(*ssa.Store)
			if ok && ir.Before(load, s) && ir.Before(s, a.instr) && path.FieldOf(s.Addr) == field && c.held(s) != unlocked {
				return true
			}
		}
	}
	return false
}

// entry reports whether the function is an exported method that nobody in the
// package calls with a lock held.
func (c *checker) entry(fn *ssa.Function) bool {
	obj := ir.Object(fn)
	if obj == nil || !obj.Exported() || fn.Signature.Recv() == nil {
		return false
	}
	callers, _ := c.Callers(fn)
	for _, call := range callers {
		if c.held(call) != unlocked {
			return false
		}
	}
	return !strings.HasPrefix(fn.Name(), "Init") && !strings.HasPrefix(fn.Name(), "Unmarshal") && !conc.IsMain(fn)
}

// ofReceiver reports whether the map is a field of the receiver, next to a mutex.
func ofReceiver(m ssa.Value, fn *ssa.Function) bool {
	cell := path.Of(m)
	for fn.Parent() != nil {
		fn = fn.Parent()
	}
	if fn.Signature.Recv() == nil || len(fn.Params) == 0 || cell.Root != ssa.Value(fn.Params[0]) || strings.Count(cell.Path, ".") != 1 {
		return false
	}
	t := fn.Params[0].Type().Underlying()
	if p, ok := t.(*types.Pointer); ok {
		t = p.Elem().Underlying()
	}
	s, ok := t.(*types.Struct)
	if !ok {
		return false
	}
	for n := range s.NumFields() {
		switch strings.TrimPrefix(s.Field(n).Type().String(), "*") {
		case "sync.Mutex", "sync.RWMutex":
			return true
		}
	}
	return false
}
