package behaviour

import (
	"go/types"
	"strings"

	"golang.org/x/tools/go/ssa"

	"github.com/backstop-go/backstop/analysis/internal/ir"
)

// verbs are what methods of loggers are called.
var verbs = map[string]bool{
	"log": true, "print": true, "trace": true, "debug": true, "info": true, "notice": true,
	"warn": true, "warning": true, "error": true, "err": true, "critical": true, "crit": true,
	"fatal": true, "output": true, "alert": true, "emergency": true,
}

// Logs reports whether the call writes to a log, or to the standard output or
// error: a function that is known to, or a method of something that is called a
// logger.
func (f *Facts) Logs(c *ssa.CallCommon) bool {
	if b, ok := c.Value.(*ssa.Builtin); ok {
		return b.Name() == "println" || b.Name() == "print"
	}
	if f.OfCall(c).Reports {
		return true
	}
	obj := ir.Target(c)
	if obj == nil || obj.Pkg() == nil {
		return false
	}
	switch obj.Pkg().Path() {
	case "fmt":
		return strings.HasPrefix(obj.Name(), "Print") || strings.HasPrefix(obj.Name(), "Fprint") && standardStream(c)
	case "log":
		return strings.HasPrefix(obj.Name(), "Fatal") || strings.HasPrefix(obj.Name(), "Print")
	}
	if !isVerb(obj.Name()) {
		return false
	}
	return strings.Contains(strings.ToLower(owner(obj)+" "+obj.Pkg().Name()), "log") || formats(obj)
}

// formats reports whether the method is like Errorf of a logger, whatever it is a
// method of: a text, arguments, and no result.
func formats(obj *types.Func) bool {
	sig := obj.Signature()
	return sig.Recv() != nil && sig.Variadic() && sig.Results().Len() == 0 && strings.HasSuffix(obj.Name(), "f")
}

// owner is the type that the method belongs to, or empty for a function.
func owner(obj *types.Func) string {
	recv := obj.Signature().Recv()
	if recv == nil {
		return ""
	}
	t := recv.Type()
	if p, ok := t.(*types.Pointer); ok {
		t = p.Elem()
	}
	if n, ok := types.Unalias(t).(*types.Named); ok {
		return n.Obj().Name()
	}
	return ""
}

// isVerb knows Error, Errorf, Errorw, ErrorContext and their like.
func isVerb(name string) bool {
	name = strings.ToLower(name)
	for _, suffix := range []string{"", "f", "w", "ln", "context", "ctx", "attrs", "depth"} {
		if short, ok := strings.CutSuffix(name, suffix); ok && verbs[short] {
			return true
		}
	}
	return false
}

// standardStream reports whether the first argument is os.Stdout or os.Stderr.
func standardStream(c *ssa.CallCommon) bool {
	if len(c.Args) == 0 {
		return false
	}
	v := c.Args[0]
	if m, ok := v.(*ssa.MakeInterface); ok {
		v = m.X
	}
	load, ok := v.(*ssa.UnOp)
	if !ok {
		return false
	}
	g, ok := load.X.(*ssa.Global)
	return ok && g.Pkg != nil && g.Pkg.Pkg.Path() == "os" && (g.Name() == "Stderr" || g.Name() == "Stdout")
}
