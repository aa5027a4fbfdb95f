package nilness

import (
	"go/token"
	"go/types"
	"strings"

	"golang.org/x/tools/go/ssa"

	"github.com/backstop-go/backstop/analysis/internal/ir"
)

// Name is how facts, tables and messages name what a call calls: "net/http.Get".
// It is empty for function values.
func Name(c *ssa.CallCommon) string {
	if obj := ir.Target(c); obj != nil {
		return ir.Name(obj)
	}
	return ""
}

// call executes a call, a defer or a go statement, and reports whether the path
// ends there, or went on elsewhere.
func (w *walk) call(b *ssa.BasicBlock, n int, i ssa.CallInstruction, st *state) bool {
	common := i.Common()
	if _, ok := common.Value.(*ssa.Builtin); ok {
		if v := i.Value(); v != nil {
			w.derive(v, i, st)
		}
		return false
	}
	use, name, crashes := w.crashes(i, st)
	lit := literal(common)
	if d, ok := i.(*ssa.Defer); ok {
		if crashes || lit != nil {
			st.pending = append(st.pending, d)
		}
		return false
	}
	if crashes {
		w.sink(i, use, name, st)
		return true
	}
	if w.f.Behaviour.OfCall(common).NeverReturns {
		_, ok := i.(*ssa.Call)
		return ok
	}
	if _, ok := i.(*ssa.Go); ok {
		if lit != nil {
			aside := st.clone()
			aside.frames = []frame{{b, len(b.Instrs), nil}} // it returns to nowhere
			aside.pending = nil
			if len(lit.Blocks) > 0 {
				w.run(lit.Blocks[0], 0, aside)
			}
		}
		return false
	}
	return w.plain(b, n, i, lit, st)
}

// plain executes a call that is neither deferred nor a goroutine.
func (w *walk) plain(b *ssa.BasicBlock, n int, i ssa.CallInstruction, lit *ssa.Function, st *state) bool {
	common := i.Common()
	if lit != nil {
		w.derive(i.Value(), i, st)
		return w.into(lit, b, n+1, st)
	}
	touched, errAt := false, -1
	for at, a := range common.Args {
		touched = touched || w.touched(a, st) || w.asks(a, st)
		if w.isTell(a, st) {
			errAt = at
		}
	}
	if touched {
		if v := i.Value(); v != nil && !saysErr(common) {
			st.env[v] = derived
		}
		if done, known := w.checked(common, errAt, st); known {
			if done {
				return true
			}
			if what, _ := w.f.OfCall(common); errAt >= 0 && what.Param(errAt)&(TrueOnErr|FalseOnErr) != 0 {
				delete(st.env, i.Value()) // it is asked where it decides
			}
		}
		if assertion(Name(common), i) {
			w.end.stops++
			return true
		}
	}
	if w.harmless(common) {
		return false
	}
	st.escaped = st.escaped || touched || w.inRegion(b, st)
	if v := i.Value(); v != nil && st.escaped {
		st.env[v] = derived
	}
	w.forget(st)
	return false
}

// checked is what a function that is given the error does about it: it ends the
// path when it does not return with an error.
func (w *walk) checked(c *ssa.CallCommon, at int, st *state) (done, known bool) {
	if at < 0 || c.IsInvoke() {
		return false, false
	}
	what, ok := w.f.OfCall(c)
	if !ok {
		return false, false
	}
	p := what.Param(at)
	if w.o.Kind == OnErr && p&StopsOnErr != 0 || w.o.Kind == OnFalse && p&StopsOnFalse != 0 {
		return true, true
	}
	return false, true
}

// asks reports whether a value is the answer to whether the origin's value is nil:
// require(err == nil).
func (w *walk) asks(v ssa.Value, st *state) bool {
	v = w.resolve(v, st)
	if m, ok := v.(*ssa.MakeInterface); ok {
		v = w.resolve(m.X, st)
	}
	b, ok := v.(*ssa.BinOp)
	if ok && isBool(b.Type()) {
		return w.touched(b.X, st) || w.touched(b.Y, st)
	}
	u, ok := v.(*ssa.UnOp)
	return ok && u.Op == token.NOT && w.asks(u.X, st)
}

// assertion reports whether a function of which only the name is known may check
// what it is given, and not return.
func assertion(name string, i ssa.CallInstruction) bool {
	if name == "" {
		if v := i.Value(); v != nil && v.Type() != nil {
			t, ok := v.Type().(*types.Tuple)
			return ok && t.Len() == 0 // a func value that is given an error and returns nothing
		}
		return false
	}
	name = strings.ToLower(name[strings.LastIndexByte(name, '.')+1:])
	for _, word := range []string{"must", "check", "assert", "require", "expect", "fatal", "panic", "exit", "die", "abort", "ensure", "noerror", "notnil", "try", "throw", "handle", "fail", "bail", "crash", "unwrap", "verify"} {
		if strings.Contains(name, word) {
			return true
		}
	}
	return false
}

// harmless reports whether a call writes to nothing that is followed and returns
// whatever it is given: logs, formats, questions about errors.
func (w *walk) harmless(c *ssa.CallCommon) bool {
	obj := ir.Target(c)
	if obj == nil || obj.Pkg() == nil {
		return obj != nil // the method Error of the type error
	}
	switch obj.Pkg().Path() {
	case "fmt", "log", "log/slog", "errors", "strings", "strconv", "time", "io", "os", "bytes", "path", "path/filepath", "math", "unicode", "sort", "slices", "maps", "net/url", "encoding/json", "bufio":
		return true
	}
	if w.f.Behaviour.OfCall(c).Reports {
		return true
	}
	switch name := obj.Name(); {
	case strings.HasPrefix(name, "Log"), strings.HasPrefix(name, "Print"), strings.HasPrefix(name, "Debug"), strings.HasPrefix(name, "Info"),
		strings.HasPrefix(name, "Warn"), strings.HasPrefix(name, "Trace"), strings.HasPrefix(name, "Notice"), name == "Error", name == "Errorf", name == "Errorw", name == "Errorln",
		name == "Err", name == "String", name == "Msg", name == "Msgf", name == "Write", name == "WriteString", name == "WriteHeader":
		return true
	}
	return false
}

// crashes reports whether a call panics because the origin's value is nil.
func (w *walk) crashes(i ssa.CallInstruction, st *state) (use Use, name string, ok bool) {
	c := i.Common()
	if c.IsInvoke() {
		return Method, c.Method.Name(), w.isValue(c.Value, st)
	}
	if w.isValue(c.Value, st) {
		return Call, "", true
	}
	fn := ir.Callee(c)
	if fn == nil {
		return 0, "", false
	}
	for at, a := range c.Args {
		if !w.isValue(a, st) {
			continue
		}
		what, known := w.f.Of(fn)
		p := what.Param(at)
		switch {
		case !known:
		case p&WritesNil != 0:
			return MapWrite, fn.Name(), true
		case at == 0 && c.Signature().Recv() != nil && p&DerefsNil != 0:
			return Method, fn.Name(), true
		case p&DiesOfNil != 0 && p&DerefsNil != 0:
			return Argument, fn.Name(), true
		case p&DiesOfNil != 0 && p&CallsNil != 0:
			return Call, fn.Name(), true
		}
	}
	return 0, "", false
}

// harmlessArgs reports whether a function that fails on bad arguments only is
// called with constants that are right: url.Parse("https://example.com").
func harmlessArgs(c *ssa.CallCommon) bool {
	check, ok := pure[Name(c)]
	if !ok {
		return false
	}
	var consts []string
	for _, a := range c.Args {
		k, ok := a.(*ssa.Const)
		if ok && k.Value != nil {
			consts = append(consts, constString(k))
		} else if ok || !plainArg(a.Type()) {
			continue
		} else {
			return false
		}
	}
	return check(consts)
}

// plainArg reports whether arguments of the type can be what makes a pure function
// fail; readers, writers and contexts cannot.
func plainArg(t types.Type) bool {
	_, basic := t.Underlying().(*types.Basic)
	_, slice := t.Underlying().(*types.Slice)
	return basic || slice
}
