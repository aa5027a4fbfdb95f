// Package exitskipsdefer holds the rule exit-skips-defer.
package exitskipsdefer

import (
	"fmt"
	"go/types"

	"golang.org/x/tools/go/ssa"

	"github.com/backstop-go/backstop/analysis/behaviour"
	"github.com/backstop-go/backstop/analysis/internal/crash"
	"github.com/backstop-go/backstop/analysis/internal/ir"
	"github.com/backstop-go/backstop/analysis/rule"
)

// Rule reports ends of the process that leave out deferred calls which matter.
var Rule = rule.New(rule.Rule{
	ID:   "exit-skips-defer",
	Tier: rule.TierB,
	Doc: rule.Doc{
		Summary: "the process ends before a deferred call that matters has run",
		Why: `os.Exit and log.Fatal end the process at once: no deferred call runs, of no goroutine.
What a deferred call should have removed stays, what it should have flushed is lost,
and spans and profiles end nowhere.`,
		Bad:  "defer os.RemoveAll(dir)\nif err := work(dir); err != nil {\n\tlog.Fatal(err)\n}",
		Good: "func main() {\n\tif err := run(); err != nil {\n\t\tlog.Fatal(err)\n\t}\n}\n\nfunc run() error {\n\tdefer os.RemoveAll(dir)\n\treturn work(dir)\n}",
		LeftAlone: []string{
			"deferred calls whose effect ends with the process anyway: Unlock, Done, cancel, Stop of a timer, Close of an *os.File, which has no buffer, of what is only read, of connections and listeners",
			"an exit within the deferred function itself, and an exit before the defer statement",
			"an exit behind a call of the same function that is deferred: cleanup(); os.Exit(1)",
			"guards: what they recover is not lost",
			"tests",
		},
		Scenarios: []string{"log-fatal", "wrapped-exit-in-defer", "os-exit-2"},
	},
}, run, behaviour.Analyzer)

func run(pass *rule.Pass) error {
	facts := pass.ResultOf[behaviour.Analyzer].(*behaviour.Facts)
	skip := crash.Skipped(pass.Pass)
	x := &effects{facts: facts}
	for _, fn := range facts.SSA.SrcFuncs {
		if skip[pass.Fset.Position(fn.Pos()).Filename] {
			continue
		}
		var defers []*ssa.Defer
		var exits []*ssa.Call
		ir.Calls(fn, func(c ssa.CallInstruction) {
			switch c := c.(type) {
			case *ssa.Defer:
				defers = append(defers, c)
			case *ssa.Call:
				if facts.OfCall(c.Common()).Exits {
					exits = append(exits, c)
				}
			}
		})
		for _, exit := range exits {
			for _, d := range defers {
				if !pending(d, exit) || calledBefore(d, exit) {
					continue
				}
				what, matters := x.of(d.Common(), 0)
				if !matters {
					continue
				}
				pass.Report(rule.Finding{
					Pos:     exit.Pos(),
					Message: fmt.Sprintf("%s ends the process before the deferred call of %s has run", name(exit.Common()), what),
					Related: []rule.Place{{Pos: d.Pos(), Message: "deferred here"}},
				})
				break
			}
		}
	}
	return nil
}

func name(c *ssa.CallCommon) string {
	fn := ir.Target(c)
	switch {
	case fn == nil:
		return "this call"
	case fn.Signature().Recv() == nil && fn.Pkg() != nil:
		return fn.Pkg().Name() + "." + fn.Name()
	}
	return fn.Name()
}

// pending reports whether the deferred call may be waiting when the process ends.
func pending(d *ssa.Defer, exit *ssa.Call) bool {
	if d.Block() == exit.Block() {
		return ir.Before(d, exit)
	}
	seen := make(map[*ssa.BasicBlock]bool)
	todo := []*ssa.BasicBlock{d.Block()}
	for len(todo) > 0 {
		b := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		for _, s := range b.Succs {
			if s == exit.Block() {
				return true
			}
			if !seen[s] {
				seen[s] = true
				todo = append(todo, s)
			}
		}
	}
	return false
}

// calledBefore reports whether what is deferred is called before the exit too.
func calledBefore(d *ssa.Defer, exit *ssa.Call) bool {
	found := false
	ir.Calls(d.Parent(), func(c ssa.CallInstruction) {
		call, ok := c.(*ssa.Call)
		if ok && ir.Before(call, exit) && same(d.Common(), call.Common()) {
			found = true
		}
	})
	return found
}

func same(a, b *ssa.CallCommon) bool {
	if fn := ir.Callee(a); fn != nil {
		return fn == ir.Callee(b)
	}
	if a.IsInvoke() {
		return b.IsInvoke() && a.Method == b.Method
	}
	_, builtin := a.Value.(*ssa.Builtin)
	return !builtin && !b.IsInvoke() && a.Value == b.Value
}

// effects tells deferred calls that matter from those that end with the process.
type effects struct {
	facts *behaviour.Facts
}

// Names of functions whose effect outlives the process, or is lost with it.
var lasting = map[string]bool{
	"Remove": true, "RemoveAll": true, "Flush": true, "Sync": true, "Rollback": true, "Shutdown": true, "End": true,
	"StopCPUProfile": true, "WriteHeapProfile": true, "Finish": true, "Commit": true, "Save": true, "Deregister": true,
	"Cleanup": true, "CleanUp": true, "Restore": true, "Unmount": true, "Kill": true, "Terminate": true, "Encode": true,
	"WriteFile": true, "Rename": true, "ForceFlush": true, "Teardown": true, "Release": true, "ReleaseLock": true,
	"GracefulStop": true, "WriteString": true, "Drain": true,
}

func (x *effects) of(c *ssa.CallCommon, depth int) (string, bool) {
	if _, builtin := c.Value.(*ssa.Builtin); builtin || depth > 2 {
		return "", false
	}
	fn := ir.Target(c)
	callee := ir.Callee(c)
	if fn == nil && callee == nil {
		return x.ofValue(c.Value)
	}
	if fn != nil && fn.Name() == "Close" {
		return x.ofClose(c, fn, callee, depth)
	}
	if fn != nil && lasting[fn.Name()] {
		return name(c), !harmless(fn)
	}
	if callee == nil || callee.Pkg != x.facts.SSA.Pkg {
		return "", false
	}
	what, matters := "", false
	ir.Calls(callee, func(in ssa.CallInstruction) {
		if _, spawned := in.(*ssa.Go); !spawned && !matters {
			what, matters = x.of(in.Common(), depth+1)
		}
	})
	return what, matters
}

// harmless reports whether the function has a lasting name and no lasting effect:
// runtime.Semacquire's Release, a Release of memory.
func harmless(fn *types.Func) bool {
	if fn.Name() != "Release" || fn.Pkg() == nil {
		return false
	}
	switch fn.Pkg().Path() {
	case "golang.org/x/sync/semaphore", "sync", "context":
		return true
	}
	return false
}

// ofValue is a deferred function value: cleanup, err := setup().
func (x *effects) ofValue(v ssa.Value) (string, bool) {
	t := v.Type().String()
	if t == "context.CancelFunc" || t == "context.CancelCauseFunc" {
		return "", false
	}
	e, ok := v.(*ssa.Extract)
	if !ok {
		return "", false
	}
	c, ok := e.Tuple.(*ssa.Call)
	if !ok || ir.StdFunc(ir.Target(&c.Call)) {
		return "", false
	}
	return "what " + name(&c.Call) + " returned", true
}

// ofClose tells writers, which have something to flush, from what the system
// closes as well.
func (x *effects) ofClose(c *ssa.CallCommon, fn *types.Func, callee *ssa.Function, depth int) (string, bool) {
	recv := c.Value
	if !c.IsInvoke() {
		if len(c.Args) == 0 {
			return "", false
		}
		recv = c.Args[0]
	}
	t := recv.Type()
	switch {
	case t.String() == "*os.File": // it has no buffer
		return "", false
	case fn.Pkg() != nil && (fn.Pkg().Path() == "net" || fn.Pkg().Path() == "net/http" || fn.Pkg().Path() == "database/sql"):
		return "", false
	case has(t, "RemoteAddr"), has(t, "Accept"):
		return "", false
	case has(t, "Flush"), has(t, "Write") && !has(t, "Read"):
		return "Close of " + types.TypeString(t, func(p *types.Package) string { return p.Name() }), true
	}
	if callee != nil && callee.Pkg == x.facts.SSA.Pkg {
		what, matters := "", false
		ir.Calls(callee, func(in ssa.CallInstruction) {
			if !matters {
				what, matters = x.of(in.Common(), depth+1)
			}
		})
		return what, matters
	}
	return "", false
}

func has(t types.Type, method string) bool {
	obj, _, _ := types.LookupFieldOrMethod(t, true, nil, method)
	_, ok := obj.(*types.Func)
	return ok
}
