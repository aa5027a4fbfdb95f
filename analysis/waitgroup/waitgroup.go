// Package waitgroup holds the rule waitgroup.
package waitgroup

import (
	"cmp"
	"go/constant"
	"go/token"
	"go/types"
	"slices"

	"golang.org/x/tools/go/ssa"

	"github.com/backstop-go/backstop/analysis/behaviour"
	"github.com/backstop-go/backstop/analysis/internal/conc"
	"github.com/backstop-go/backstop/analysis/internal/ir"
	"github.com/backstop-go/backstop/analysis/internal/path"
	"github.com/backstop-go/backstop/analysis/rule"
)

// Rule reports WaitGroups that are not counted right.
var Rule = rule.New(rule.Rule{
	ID:   "waitgroup",
	Tier: rule.TierA,
	Doc: rule.Doc{
		Summary: "a sync.WaitGroup is not counted right",
		Why: `One Done too many panics with "sync: negative WaitGroup counter", mostly in a
goroutine that nobody guards. One too few, on a path that returns early, and Wait
never returns: the deadlock is only detected when every other goroutine sleeps,
which is never in a server. Add within the goroutine races with Wait, which may
have returned before. A copy counts for itself: Done on it is a negative counter,
and who waits for the original waits for ever.

WaitGroup.Go calls Add and Done itself.`,
		Bad:  "go func() {\n\tif err := fetch(); err != nil {\n\t\treturn\n\t}\n\twg.Done()\n}()",
		Good: "go func() {\n\tdefer wg.Done()\n\tif err := fetch(); err != nil {\n\t\treturn\n\t}\n}()",
		LeftAlone: []string{
			"Add within a goroutine that holds a count itself: Wait cannot return meanwhile",
			"Add within a goroutine under a lock: what waits may take the same lock",
			"a return without Done where the count was handed on: to another goroutine, to a callback, to a function whose source is not known",
			"a path that panics or ends the process without Done: nobody waits any more",
			"Done several times after Add of as many, or of a number that is not known",
			"a pointer to a WaitGroup as parameter: it is no copy",
		},
		Scenarios: []string{"waitgroup-negative", "waitgroup-reuse", "deadlock-waitgroup", "waitgroup-go"},
	},
}, run, behaviour.Analyzer)

type checker struct {
	*conc.Package
	pass     *rule.Pass
	touches  map[*ssa.Function]bool
	sums     map[*ssa.Function]map[path.Cell]tally
	waited   map[*types.Var]bool // fields that somebody waits for
	reported map[token.Pos]bool
	found    []rule.Finding
}

func run(pass *rule.Pass) error {
	c := &checker{
		Package: conc.New(pass.Pass), pass: pass,
		sums:   make(map[*ssa.Function]map[path.Cell]tally),
		waited: make(map[*types.Var]bool), reported: make(map[token.Pos]bool),
	}
	c.touches = c.Touching(func(i ssa.Instruction) bool { return operation(i).kind != none })
	for _, fn := range c.Funcs {
		c.each(fn, func(o op) {
			if f := path.FieldOf(o.group); f != nil && o.kind == wait {
				c.waited[f] = true
			}
		})
	}
	for _, fn := range c.Funcs {
		c.copied(fn)
		if !c.touches[fn] && len(fn.AnonFuncs) == 0 {
			continue
		}
		c.Spawns(fn, func(s conc.Spawn) { c.spawned(fn, s) })
		c.locals(fn)
		c.skipped(fn)
	}
	slices.SortFunc(c.found, func(a, b rule.Finding) int { return cmp.Compare(a.Pos, b.Pos) })
	for _, f := range c.found {
		pass.Report(f)
	}
	return nil
}

func (c *checker) report(pos token.Pos, tier rule.Tier, message string, related ...rule.Place) {
	if !pos.IsValid() || c.reported[pos] {
		return
	}
	c.reported[pos] = true
	c.found = append(c.found, rule.Finding{Pos: pos, Tier: tier, Message: message, Related: related})
}

func (c *checker) name(i ssa.Instruction) string {
	return conc.Or(c.Text(i, i.Pos()), "the WaitGroup")
}

type kind int

const (
	none kind = iota
	add
	done
	wait
	spawn // WaitGroup.Go
)

// An op is one call of a method of a WaitGroup.
type op struct {
	kind  kind
	group ssa.Value
	call  ssa.CallInstruction
	n     int64 // what Add adds
	known bool  // n is known
}

func operation(i ssa.Instruction) op {
	call, ok := i.(ssa.CallInstruction)
	if !ok || call.Common().IsInvoke() || len(call.Common().Args) == 0 {
		return op{}
	}
	fn, ok := call.Common().Value.(*ssa.Function)
	if !ok {
		return op{}
	}
	o := op{group: call.Common().Args[0], call: call}
	switch ir.Name(ir.Object(fn)) {
	case "(*sync.WaitGroup).Add":
		o.kind = add
		if k, ok := call.Common().Args[1].(*ssa.Const); ok && k.Value != nil && k.Value.Kind() == constant.Int {
			o.n, o.known = k.Int64(), true
		}
		if o.known && o.n == -1 {
			o.kind = done
		}
	case "(*sync.WaitGroup).Done":
		o.kind = done
	case "(*sync.WaitGroup).Wait":
		o.kind = wait
	case "(*sync.WaitGroup).Go":
		o.kind = spawn
	default:
		return op{}
	}
	return o
}

// each yields the operations of a function itself.
func (c *checker) each(fn *ssa.Function, yield func(op)) {
	ir.Calls(fn, func(i ssa.CallInstruction) {
		if o := operation(i); o.kind != none {
			yield(o)
		}
	})
}

// isGroup reports whether the type is sync.WaitGroup itself.
func isGroup(t types.Type) bool {
	n, ok := types.Unalias(t).(*types.Named)
	return ok && n.Obj().Name() == "WaitGroup" && n.Obj().Pkg() != nil && n.Obj().Pkg().Path() == "sync"
}
