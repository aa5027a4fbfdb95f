package audit

import (
	"go/types"
	"slices"

	"golang.org/x/tools/go/ssa"

	"github.com/backstop-go/backstop/analysis/behaviour"
	"github.com/backstop-go/backstop/analysis/internal/ir"
)

// fates follows the value of recover through its function.
func fates(facts *behaviour.Facts, fn *ssa.Function, c ssa.CallInstruction) []Fate {
	v, ok := c.(*ssa.Call)
	if !ok { // deferred: nobody gets the value
		return []Fate{Dropped}
	}
	f := follower{facts: facts, seen: make(map[ssa.Value]bool)}
	f.value(v)
	if len(f.found) == 0 && facts.Of(fn).Reports { // without the value
		f.add(Logged)
	}
	if len(f.found) == 0 {
		f.add(Dropped)
	}
	slices.Sort(f.found)
	return f.found
}

type follower struct {
	facts *behaviour.Facts
	seen  map[ssa.Value]bool
	found []Fate
}

func (f *follower) add(fate Fate) {
	if !slices.Contains(f.found, fate) {
		f.found = append(f.found, fate)
	}
}

func (f *follower) value(v ssa.Value) {
	if f.seen[v] || len(f.seen) > 500 || v.Referrers() == nil {
		return
	}
	f.seen[v] = true
	for _, r := range *v.Referrers() {
		switch r := r.(type) {
		case *ssa.Panic:
			f.add(Repanicked)
		case ssa.CallInstruction:
			f.call(r)
		case *ssa.Return:
			f.kept(resultType(r, v))
		case *ssa.Store:
			if r.Val == v {
				f.stored(r.Addr, v.Type())
			}
		case *ssa.MapUpdate, *ssa.Send:
			f.add(Kept)
		case *ssa.BinOp, *ssa.DebugRef: // compared
		case ssa.Value: // the same value in another shape, or a part of it
			f.value(r)
		}
	}
}

// kept is for a value that leaves the function: as an error, or as it is.
func (f *follower) kept(t types.Type) {
	if isError(t) {
		f.add(AsError)
		return
	}
	f.add(Kept)
}

func (f *follower) stored(addr ssa.Value, t types.Type) {
	for range 4 {
		switch a := addr.(type) {
		case *ssa.IndexAddr:
			addr = a.X
		case *ssa.FieldAddr:
			addr = a.X
		case *ssa.Alloc:
			if a.Comment == "" || !named(a) {
				f.value(a)
				return
			}
			f.kept(t) // a named result
			return
		default:
			f.kept(t)
			return
		}
	}
}

// named reports whether the variable is a named result.
func named(a *ssa.Alloc) bool {
	results := a.Parent().Signature.Results()
	for i := range results.Len() {
		if results.At(i).Name() != "" && results.At(i).Pos() == a.Pos() {
			return true
		}
	}
	return false
}

func (f *follower) call(c ssa.CallInstruction) {
	if f.facts.Logs(c.Common()) {
		f.add(Logged)
		return
	}
	callee := f.facts.OfCall(c.Common())
	switch {
	case callee.Panics:
		f.add(Repanicked)
	case callee.Reports:
		f.add(Logged)
	default:
		v, ok := c.(*ssa.Call)
		if ok && ir.Target(c.Common()) != nil && formats(ir.Name(ir.Target(c.Common()))) {
			f.value(v)
			return
		}
		f.add(Passed)
	}
}

// formats reports whether the function makes another value of the one it is given.
func formats(name string) bool {
	switch name {
	case "fmt.Errorf", "fmt.Sprint", "fmt.Sprintf", "fmt.Sprintln", "errors.New", "errors.Join", "fmt.Appendf":
		return true
	}
	return false
}

func resultType(r *ssa.Return, v ssa.Value) types.Type {
	for i, result := range r.Results {
		if result == v {
			return r.Parent().Signature.Results().At(i).Type()
		}
	}
	return v.Type()
}

func isError(t types.Type) bool {
	return t != nil && types.Identical(t, types.Universe.Lookup("error").Type())
}
