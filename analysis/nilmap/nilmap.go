// Package nilmap holds the rule nil-map.
package nilmap

import (
	"fmt"
	"go/token"
	"go/types"

	"golang.org/x/tools/go/ssa"

	"github.com/backstop-go/backstop/analysis/nilness"
	"github.com/backstop-go/backstop/analysis/rule"
)

// Rule reports writes to maps that nobody has made.
var Rule = rule.New(rule.Rule{
	ID:   "nil-map",
	Tier: rule.TierA,
	Doc: rule.Doc{
		Summary: "a map is written to that is nil",
		Why: `A map that is declared and not made is nil. It can be read, ranged over and deleted
from, so that the fault shows only at the first write: "assignment to entry in nil
map", a panic.`,
		Bad:  "type cache struct{ m map[string]int }\n\nfunc newCache() *cache { return &cache{} }\n\nfunc (c *cache) set(k string) { c.m[k] = 1 }",
		Good: "func newCache() *cache { return &cache{m: make(map[string]int)} }",
		LeftAlone: []string{
			"reading, ranging over, deleting from and clearing a nil map: none of them panics",
			"a map that is made where it is found to be nil",
			"a field that anything in the package gives a value: which came first is not known",
			"a variable whose address is given to somebody, json.Unmarshal(data, &m), before the write",
			"an exported field or variable: other packages may set it",
			"a map that is nil on a path which the same condition keeps from the write",
		},
		Scenarios: []string{"nil-map-write"},
	},
}, run, nilness.Analyzer)

type finder struct {
	pass     *rule.Pass
	facts    *nilness.Facts
	vars     *nilness.Vars
	reported map[ssa.Instruction]bool
}

func run(pass *rule.Pass) error {
	facts := pass.ResultOf[nilness.Analyzer].(*nilness.Facts)
	f := &finder{pass: pass, facts: facts, vars: facts.Vars(), reported: make(map[ssa.Instruction]bool)}
	for _, fn := range facts.Behaviour.Funcs {
		for _, b := range fn.Blocks {
			for _, i := range b.Instrs {
				f.write(i)
			}
		}
		facts.Origins(fn, f.follow)
		facts.Merged(fn, f.follow)
	}
	return nil
}

// follow reports writes to a map that may be nil.
func (f *finder) follow(o nilness.Origin) {
	if _, ok := o.Value.Type().Underlying().(*types.Map); !ok {
		return
	}
	for _, s := range f.facts.Follow(o) {
		if s.Use != nilness.MapWrite || o.Some && s.Sure || nilness.Related(o, s.At) {
			continue
		}
		what := "the map that " + o.Told + " returned is nil on a path that leads here"
		if o.From == nil {
			what = "the map " + o.Told + " has not been made on a path that leads here"
		}
		f.report(s.At, what)
	}
}

// write reports an instruction that writes to a map that is nil for sure.
func (f *finder) write(i ssa.Instruction) {
	switch i := i.(type) {
	case *ssa.MapUpdate:
		if what, ok := f.isNil(i.Map); ok {
			f.report(i, what)
		}
	case ssa.CallInstruction:
		c := i.Common()
		if c.IsInvoke() {
			return
		}
		what, known := f.facts.OfCall(c)
		if !known {
			return
		}
		for n, a := range c.Args {
			if what.Param(n)&nilness.WritesNil == 0 {
				continue
			}
			if why, ok := f.isNil(a); ok {
				f.report(i, fmt.Sprintf("%s, and %s writes to it", why, nilness.Name(c)))
			}
		}
	}
}

func (f *finder) report(at ssa.Instruction, what string) {
	pos := at.Pos()
	if !pos.IsValid() || f.reported[at] {
		return
	}
	f.reported[at] = true
	f.pass.Reportf(pos, what+": the write panics; make the map first")
}

// isNil says why a map is nil for sure.
func (f *finder) isNil(m ssa.Value) (string, bool) {
	if _, ok := m.Type().Underlying().(*types.Map); !ok {
		return "", false
	}
	if f.facts.Zero(m) {
		return "the map is declared and never made", true
	}
	if load, ok := f.vars.Empty(m); ok && !load.Exported {
		return fmt.Sprintf("nothing in the package makes the map %s", load.Name), true
	}
	return element(m)
}

// element says why a map is nil that is an element of a map or a slice which this
// function has made, and nobody has filled.
func element(m ssa.Value) (string, bool) {
	switch x := m.(type) {
	case *ssa.Lookup:
		made, ok := x.X.(*ssa.MakeMap)
		if ok && !x.CommaOk && !filled(made) {
			return "the map is an entry of a map, and entries are nil until they are made", true
		}
	case *ssa.UnOp:
		a, ok := x.X.(*ssa.IndexAddr)
		if !ok || x.Op != token.MUL {
			return "", false
		}
		made, ok := a.X.(*ssa.MakeSlice)
		if ok && !filled(made) {
			return "the map is an element of a slice, and make leaves elements nil", true
		}
		if array, isAlloc := a.X.(*ssa.Alloc); isAlloc && !filled(array) {
			return "the map is an element of an array, and its elements are nil until they are made", true
		}
		if s, isSlice := a.X.(*ssa.Slice); isSlice { // make with a constant length
			if array, isAlloc := s.X.(*ssa.Alloc); isAlloc && !filled(array) && !filled(s) {
				return "the map is an element of a slice, and make leaves elements nil", true
			}
		}
	}
	return "", false
}

// filled reports whether a container is written to, or given to somebody.
func filled(container ssa.Value) bool {
	if container.Referrers() == nil {
		return true
	}
	for _, r := range *container.Referrers() {
		switch r := r.(type) {
		case *ssa.DebugRef, *ssa.Lookup, *ssa.Range, *ssa.Return:
		case *ssa.Slice:
			if r.X != container {
				return true
			}
		case *ssa.IndexAddr:
			for _, user := range *r.Referrers() {
				if _, ok := user.(*ssa.UnOp); !ok {
					return true
				}
			}
		case *ssa.Call:
			b, ok := r.Call.Value.(*ssa.Builtin)
			if !ok || b.Name() != "len" && b.Name() != "delete" {
				return true
			}
		default:
			return true
		}
	}
	return false
}
