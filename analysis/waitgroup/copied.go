package waitgroup

import (
	"go/types"

	"golang.org/x/tools/go/ssa"

	"github.com/backstop-go/backstop/analysis/internal/path"
)

// copied reports functions that take a WaitGroup by value, or a struct with one
// in it that they count on.
func (c *checker) copied(fn *ssa.Function) {
	if fn.Syntax() == nil || fn.Synthetic != "" {
		return
	}
	for _, p := range fn.Params {
		if isGroup(p.Type()) {
			c.report(fn.Syntax().Pos(), "", "parameter "+p.Name()+" of "+function(fn)+" is a copy of a sync.WaitGroup: Done on it panics with a negative counter, and who waits for the original waits for ever; pass a pointer")
			return
		}
		if c.counts(fn, p) {
			c.report(fn.Syntax().Pos(), "", p.Name()+" of "+function(fn)+" is a copy, and so is the sync.WaitGroup in it: Done on it panics with a negative counter, and who waits for the original waits for ever; use a pointer")
			return
		}
	}
}

func function(fn *ssa.Function) string {
	if fn.Parent() != nil {
		return "this function"
	}
	return fn.Name()
}

// counts reports whether the parameter is a struct by value and the function
// calls Done, Add or Wait on a WaitGroup within it.
func (c *checker) counts(fn *ssa.Function, p *ssa.Parameter) bool {
	if _, ok := p.Type().Underlying().(*types.Struct); !ok || p.Referrers() == nil {
		return false
	}
	for _, r := range *p.Referrers() {
		s, ok := r.(*ssa.Store)
		if !ok || s.Val != p {
			continue
		}
		a, ok := s.Addr.(*ssa.Alloc)
		if !ok {
			continue
		}
		found := false
		look := func(o op) {
			cell := path.Of(o.group)
			found = found || cell.Root == a && cell.Path != "" && o.kind != none && c.direct(o.group, a)
		}
		c.each(fn, look)
		for _, lit := range fn.AnonFuncs {
			c.each(lit, look)
		}
		if found {
			return true
		}
	}
	return false
}

// direct reports whether the address lies within the variable: no pointer leads
// out of the copy.
func (c *checker) direct(v ssa.Value, a *ssa.Alloc) bool {
	for range 6 {
		switch x := v.(type) {
		case *ssa.FieldAddr:
			v = x.X
		case *ssa.FreeVar:
			return true // a literal within: the variable itself is captured
		default:
			return v == a
		}
	}
	return false
}
