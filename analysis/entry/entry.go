// Package entry lists where code of a package starts to run: go statements,
// functions handed to somebody who runs them in a goroutine or for a request,
// handlers, init, main and the exported functions. Of each it says who recovers
// when it panics.
package entry

import (
	"go/token"
	"go/types"
	"reflect"
	"strings"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/ssa"

	"github.com/backstop-go/backstop/analysis/behaviour"
	"github.com/backstop-go/backstop/analysis/internal/ir"
	"github.com/backstop-go/backstop/analysis/model"
)

// A Kind is how an entry comes to run.
type Kind string

// Kinds of entries.
const (
	Go       Kind = "go"       // a go statement
	Callback Kind = "callback" // handed to a function that runs it in a goroutine
	Request  Kind = "request"  // handed to a function that runs it for a request
	Handler  Kind = "handler"  // a function of the shape that routers call
	RPC      Kind = "rpc"      // a method that an RPC server calls
	Init     Kind = "init"
	Main     Kind = "main"
	Exported Kind = "exported"
)

// A State says who recovers a panic of an entry.
type State string

// States of guards.
const (
	None     State = "none"
	Disarmed State = "disarmed" // a deferred function recovers too deep, without effect
	Repanics State = "repanics" // it is recovered, and may be panicked again
	AtEntry  State = "entry"    // the function that runs defers a guard
	Spawner  State = "spawner"  // who runs the function recovers
)

// An Entry is one place where code starts to run.
type Entry struct {
	Kind   Kind
	Pos    token.Pos     // the go statement, the registering call, or the function
	Target *ssa.Function // what runs, or nil when it is not known
	Value  ssa.Value     // what runs, where Target is nil: a parameter, a field
	Method *types.Func   // or this method of Value, an interface
	In     *ssa.Function // the function that holds the statement; nil for Handler and what follows
	Call   ssa.CallInstruction
	Kept   bool   // Via keeps it, and a goroutine runs it later
	Via    string // who runs it: "time.AfterFunc", "net/http"
	Guard  State
	By     string // who recovers, for Spawner
}

// Guarded reports whether a panic of the entry ends nothing but it.
func (e Entry) Guarded() bool { return e.Guard == AtEntry || e.Guard == Spawner }

// Analyzer computes [Entries].
var Analyzer = &analysis.Analyzer{
	Name:       "entries",
	Doc:        "list where code of the package starts to run",
	Run:        run,
	Requires:   []*analysis.Analyzer{behaviour.Analyzer},
	ResultType: reflect.TypeFor[*Entries](),
}

// Entries are those of one package.
type Entries struct {
	*behaviour.Facts
	List []Entry

	fset     *token.FileSet
	requests map[*ssa.Function]*Trace
	rpc      map[*types.Named]string // types whose methods an RPC server calls, and which
}

func run(pass *analysis.Pass) (any, error) {
	e := &Entries{
		Facts: pass.ResultOf[behaviour.Analyzer].(*behaviour.Facts),
		fset:  pass.Fset,
		rpc:   make(map[*types.Named]string),
	}
	for _, fn := range e.SSA.SrcFuncs {
		ir.Calls(fn, func(c ssa.CallInstruction) {
			if g, ok := c.(*ssa.Go); ok {
				e.goStatement(fn, g)
			}
			e.registrations(fn, c)
		})
	}
	for _, fn := range e.SSA.SrcFuncs {
		e.declared(fn)
	}
	e.reach()
	return e, nil
}

// InTest reports whether the position is in a test file.
func (e *Entries) InTest(pos token.Pos) bool {
	return strings.HasSuffix(e.fset.Position(pos).Filename, "_test.go")
}

func (e *Entries) add(x Entry) {
	if x.Guard == "" {
		x.Guard = e.state(x.Target)
	}
	e.List = append(e.List, x)
}

// state is what the deferred calls of the function do.
func (e *Entries) state(fn *ssa.Function) State {
	switch e.Facts.Guard(fn).Kind {
	case behaviour.Guarded:
		return AtEntry
	case behaviour.Repanics:
		return Repanics
	case behaviour.Disarmed:
		return Disarmed
	}
	return None
}

func (e *Entries) goStatement(in *ssa.Function, g *ssa.Go) {
	c := g.Common()
	if _, builtin := c.Value.(*ssa.Builtin); builtin {
		return
	}
	x := Entry{Kind: Go, Pos: g.Pos(), In: in, Call: g, Via: "go"}
	if c.IsInvoke() {
		x.Value, x.Method, x.Guard = c.Value, c.Method, None
		e.add(x)
		return
	}
	if fns := ir.Functions(c.Value); len(fns) > 0 {
		for _, fn := range fns {
			x.Target = fn
			e.add(x)
			x.Guard = ""
		}
		return
	}
	x.Value = c.Value
	e.add(x)
}

// registrations are the functions that a call hands to somebody who runs them
// elsewhere.
func (e *Entries) registrations(in *ssa.Function, c ssa.CallInstruction) {
	common := c.Common()
	args := ir.Args(common)
	for _, cb := range e.OfCall(common).Callbacks {
		if cb.Param >= len(args) || cb.Where != model.Goroutine && cb.Where != model.Request {
			continue
		}
		x := Entry{Kind: Callback, Pos: c.Pos(), In: in, Call: c, Via: ir.Name(ir.Target(common)), Kept: cb.Kept}
		if cb.Where == model.Request {
			x.Kind = Request
		}
		if cb.Guarded {
			x.Guard, x.By = Spawner, cb.By
		}
		e.handed(x, args[cb.Param])
	}
	e.rpcServer(c)
}

// handed adds an entry for each function that the argument of a registration can
// be: a function, or the method of what is put into an interface.
func (e *Entries) handed(x Entry, arg ssa.Value) {
	state := x.Guard
	fns := ir.Functions(arg)
	if len(fns) == 0 {
		fns = e.methods(arg)
	}
	for _, fn := range fns {
		x.Target, x.Guard = fn, state
		e.add(x)
	}
	if iface, ok := arg.Type().Underlying().(*types.Interface); ok && iface.Empty() {
		return // net/rpc finds the methods by reflection: see isRPC
	}
	if c, ok := arg.(*ssa.Const); len(fns) == 0 && (!ok || !c.IsNil()) {
		x.Value = arg
		e.add(x)
	}
}

// methods lists those that an interface has, of the concrete type in it.
func (e *Entries) methods(arg ssa.Value) []*ssa.Function {
	m, ok := arg.(*ssa.MakeInterface)
	if !ok {
		return nil
	}
	iface, ok := m.Type().Underlying().(*types.Interface)
	if !ok {
		return nil
	}
	var fns []*ssa.Function
	for n := range iface.NumMethods() {
		method := iface.Method(n)
		obj, _, _ := types.LookupFieldOrMethod(m.X.Type(), true, method.Pkg(), method.Name())
		if fn, ok := obj.(*types.Func); ok {
			if f := e.SSA.Pkg.Prog.FuncValue(fn.Origin()); f != nil {
				fns = append(fns, f)
			}
		}
	}
	return fns
}
