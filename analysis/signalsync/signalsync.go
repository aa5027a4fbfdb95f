// Package signalsync holds the rule signal-sync.
package signalsync

import (
	"fmt"
	"go/constant"
	"go/token"
	"go/types"
	"strings"

	"golang.org/x/tools/go/analysis/passes/buildssa"
	"golang.org/x/tools/go/ssa"

	"github.com/backstop-go/backstop/analysis/internal/ir"
	"github.com/backstop-go/backstop/analysis/rule"
)

// Rule reports calls of os/signal that have no effect, or lose signals.
var Rule = rule.New(rule.Rule{
	ID:   "signal-sync",
	Tier: rule.TierB,
	Doc: rule.Doc{
		Summary: "a signal is asked for that will not arrive",
		Why: `A fault of the program's own (a nil dereference, a division by zero) is SIGSEGV, SIGBUS
or SIGFPE to the system and a run-time panic to Go: signal.Notify changes nothing
about it, nothing arrives on the channel, and only recover in the same goroutine
helps. signal.Ignore has no effect on it either.

SIGKILL and SIGSTOP cannot be caught by any process.

signal.Notify does not wait for a receiver: with an unbuffered channel a signal
that comes while nobody receives is lost, and the program does not stop.`,
		Bad:  "c := make(chan os.Signal)\nsignal.Notify(c, syscall.SIGSEGV, syscall.SIGKILL)",
		Good: "c := make(chan os.Signal, 1)\nsignal.Notify(c, os.Interrupt, syscall.SIGTERM)",
		LeftAlone: []string{
			"signal.Notify(c) for all signals: a wrapper that hands them on",
			"SIGSEGV, SIGBUS and SIGFPE in a package that hands signals on with (*os.Process).Signal or syscall.Kill: sent from outside they do arrive",
			"SIGQUIT and SIGABRT: they arrive, and some programs print more than the runtime would",
			"signal.Reset of a synchronous signal: it restores what was",
			"a channel whose size is not known here",
		},
		Scenarios: []string{"notify-segv-nil-deref", "notify-segv-unmapped", "notify-segv-external", "ignore-segv-nil-deref", "sig-kill", "sig-stop"},
		Claims:    []string{"A4-3.2-b", "A4-3.2-c"},
	},
}, run, buildssa.Analyzer)

func run(pass *rule.Pass) error {
	fns := pass.ResultOf[buildssa.Analyzer].(*buildssa.SSA)
	forwards := false
	for _, fn := range fns.SrcFuncs {
		ir.Calls(fn, func(c ssa.CallInstruction) {
			switch ir.Name(ir.Target(c.Common())) {
			case "(*os.Process).Signal", "syscall.Kill", "golang.org/x/sys/unix.Kill":
				forwards = true
			}
		})
	}
	for _, fn := range fns.SrcFuncs {
		ir.Calls(fn, func(c ssa.CallInstruction) { call(pass, c, forwards) })
	}
	return nil
}

func call(pass *rule.Pass, c ssa.CallInstruction, forwards bool) {
	args := c.Common().Args
	switch ir.Name(ir.Target(c.Common())) {
	case "os/signal.Notify":
		if len(args) != 2 {
			return
		}
		switch pipe(pass, args[0]) {
		case unbuffered:
			pass.Reportf(c.Pos(), "signal.Notify does not wait for a receiver, so an unbuffered channel loses signals; make it with room for one")
		case none:
			pass.Reportf(c.Pos(), "signal.Notify panics because the channel is nil")
		}
		asked := signals(args[1])
		if names := among(asked, uncatchable); names != "" {
			pass.Reportf(c.Pos(), names+" cannot be caught: nothing will arrive on the channel, the process ends or stops at once")
		}
		if names := among(asked, synchronous); names != "" && !forwards {
			pass.Reportf(c.Pos(), fmt.Sprintf("a fault of this program does not arrive as %s on the channel, it is a panic of the goroutine that caused it; recover there", names))
		}
	case "os/signal.Ignore":
		if len(args) != 1 {
			return
		}
		asked := signals(args[0])
		if names := among(asked, uncatchable); names != "" {
			pass.Reportf(c.Pos(), names+" cannot be ignored by any process")
		}
		if names := among(asked, synchronous); names != "" {
			pass.Reportf(c.Pos(), fmt.Sprintf("ignoring %s does not keep a fault of this program from panicking; recover in the goroutine that may fail", names))
		}
	case "os/signal.NotifyContext":
		if len(args) == 2 {
			if names := among(signals(args[1]), uncatchable); names != "" {
				pass.Reportf(c.Pos(), names+" cannot be caught: the context will not be done for it")
			}
		}
	}
}

var (
	uncatchable = []string{"SIGKILL", "SIGSTOP"}
	synchronous = []string{"SIGSEGV", "SIGBUS", "SIGFPE"}
)

// among names the signals that are in the list.
func among(asked []*ssa.Const, list []string) string {
	var found []string
	for _, name := range list {
		for _, s := range asked {
			if is(s, name) {
				found = append(found, name)
				break
			}
		}
	}
	return strings.Join(found, " and ")
}

// is reports whether the constant is the signal, whose number differs from
// system to system: the package that declares its type knows.
func is(c *ssa.Const, name string) bool {
	named, ok := types.Unalias(c.Type()).(*types.Named)
	if !ok || named.Obj().Pkg() == nil || named.Obj().Pkg().Path() != "syscall" || c.Value == nil {
		return false
	}
	if obj, ok := named.Obj().Pkg().Scope().Lookup(name).(*types.Const); ok {
		return constant.Compare(obj.Val(), token.EQL, c.Value)
	}
	// Where syscall is imported by others only, its scope may be incomplete. These
	// two have one number everywhere.
	n, exact := constant.Int64Val(constant.ToInt(c.Value))
	return exact && (name == "SIGKILL" && n == 9 || name == "SIGSEGV" && n == 11)
}

// signals are the constants in the variadic argument, as far as they are known.
func signals(v ssa.Value) []*ssa.Const {
	var found []*ssa.Const
	for _, elem := range elements(v, 0) {
		found = append(found, constants(elem, 0)...)
	}
	return found
}

// elements are the values that are stored in a slice literal.
func elements(v ssa.Value, depth int) []ssa.Value {
	if depth > 8 {
		return nil
	}
	switch v := v.(type) {
	case *ssa.Slice:
		return elements(v.X, depth+1)
	case *ssa.Alloc:
		return stored(v)
	case *ssa.ChangeType:
		return elements(v.X, depth+1)
	case *ssa.UnOp:
		if one := ir.OnlyStore(v.X); one != nil {
			return elements(one, depth+1)
		}
		if g, ok := v.X.(*ssa.Global); ok {
			return elements(initial(g), depth+1)
		}
	case *ssa.Phi:
		var all []ssa.Value
		for _, e := range v.Edges {
			all = append(all, elements(e, depth+1)...)
		}
		return all
	case *ssa.Call:
		if ir.IsBuiltin(v.Common(), "append") {
			var all []ssa.Value
			for _, a := range v.Call.Args {
				all = append(all, elements(a, depth+1)...)
			}
			return all
		}
		if one := result(v.Common()); one != nil {
			return elements(one, depth+1)
		}
	}
	return nil
}

// stored are the values put into the elements of an array.
func stored(array *ssa.Alloc) []ssa.Value {
	var found []ssa.Value
	if array.Referrers() == nil {
		return nil
	}
	for _, r := range *array.Referrers() {
		at, ok := r.(*ssa.IndexAddr)
		if !ok || at.Referrers() == nil {
			continue
		}
		for _, r := range *at.Referrers() {
			if s, ok := r.(*ssa.Store); ok && s.Addr == at {
				found = append(found, s.Val)
			}
		}
	}
	return found
}

// constants are the signals that v can be.
func constants(v ssa.Value, depth int) []*ssa.Const {
	if depth > 8 || v == nil {
		return nil
	}
	switch v := v.(type) {
	case *ssa.Const:
		return []*ssa.Const{v}
	case *ssa.MakeInterface:
		return constants(v.X, depth+1)
	case *ssa.ChangeInterface:
		return constants(v.X, depth+1)
	case *ssa.Convert:
		if c, ok := v.X.(*ssa.Const); ok {
			return []*ssa.Const{ssa.NewConst(c.Value, v.Type())}
		}
	case *ssa.UnOp:
		g, ok := v.X.(*ssa.Global)
		if !ok {
			return constants(ir.OnlyStore(v.X), depth+1)
		}
		if g.Pkg != nil && g.Pkg.Pkg.Path() == "os" && g.Name() == "Kill" {
			return kill(g.Pkg.Pkg)
		}
		return constants(initial(g), depth+1)
	}
	return nil
}

// kill is os.Kill, which is a variable.
func kill(os *types.Package) []*ssa.Const {
	for _, p := range os.Imports() {
		if p.Path() != "syscall" {
			continue
		}
		if t, ok := p.Scope().Lookup("Signal").(*types.TypeName); ok {
			return []*ssa.Const{ssa.NewConst(constant.MakeInt64(9), t.Type())}
		}
	}
	// The type is only there for its name.
	pkg := types.NewPackage("syscall", "syscall")
	t := types.NewNamed(types.NewTypeName(token.NoPos, pkg, "Signal", nil), types.Typ[types.Int], nil)
	return []*ssa.Const{ssa.NewConst(constant.MakeInt64(9), t)}
}
