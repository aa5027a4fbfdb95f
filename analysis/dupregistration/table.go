package dupregistration

import (
	"go/token"

	"golang.org/x/tools/go/ssa"
)

// table lists the texts of a table in the code, of which v is the one of this round
// of a loop over it: nil when v is something else, or when a condition in the loop
// may skip rounds.
func table(call *ssa.Call, v ssa.Value) []string {
	field := -1
	if f, ok := v.(*ssa.Field); ok {
		field, v = f.Field, f.X
	}
	load, ok := v.(*ssa.UnOp)
	if !ok || load.Op != token.MUL {
		return nil
	}
	addr := load.X
	if f, ok := addr.(*ssa.FieldAddr); ok && field < 0 {
		field, addr = f.Field, f.X
		if row, ok := addr.(*ssa.Alloc); ok { // the variable of the loop
			addr = copied(row)
		}
	}
	at, ok := addr.(*ssa.IndexAddr)
	if !ok || !everyRound(at, load, call) {
		return nil
	}
	if _, isConst := at.Index.(*ssa.Const); isConst {
		return nil
	}
	x := at.X
	if s, ok := x.(*ssa.Slice); ok && s.Low == nil && s.High == nil {
		x = s.X
	}
	array, ok := x.(*ssa.Alloc)
	if !ok || array.Referrers() == nil {
		return nil
	}
	var list []string
	for _, r := range *array.Referrers() {
		row, ok := r.(*ssa.IndexAddr)
		if !ok || row == at {
			continue
		}
		name := ""
		if _, isConst := row.Index.(*ssa.Const); isConst {
			name = storedText(row, field)
		}
		if name == "" {
			return nil // not a table of texts
		}
		list = append(list, name)
	}
	return list
}

// copied is the address that the value of a variable is read from, when it is given
// one once.
func copied(v *ssa.Alloc) ssa.Value {
	var from ssa.Value
	for _, r := range *v.Referrers() {
		s, ok := r.(*ssa.Store)
		if !ok || s.Addr != v {
			continue
		}
		load, ok := s.Val.(*ssa.UnOp)
		if !ok || load.Op != token.MUL || from != nil {
			return nil
		}
		from = load.X
	}
	return from
}

// storedText is the text stored at an address, or in the field of the struct there.
func storedText(addr ssa.Value, field int) string {
	if addr.Referrers() == nil {
		return ""
	}
	for _, r := range *addr.Referrers() {
		switch r := r.(type) {
		case *ssa.Store:
			if r.Addr != addr {
				continue
			}
			if field < 0 {
				return text(r.Val)
			}
			if load, ok := r.Val.(*ssa.UnOp); ok { // the whole row
				if row, ok := load.X.(*ssa.Alloc); ok {
					return storedText(row, field)
				}
			}
		case *ssa.FieldAddr:
			if r.Field == field {
				return storedText(r, -1)
			}
		}
	}
	return ""
}

// everyRound reports whether the value is read in each round of the loop: no
// condition stands between the loop's own and the instructions.
func everyRound(at, load, call ssa.Instruction) bool {
	b := at.Block()
	head := b.Idom()
	return b == load.Block() && b == call.Block() && head != nil && loops(b, head) && loops(head, b) && len(b.Preds) == 1 && b.Preds[0] == head
}

// inRounds lists what a loop registers, a name in each round.
func inRounds(names []string, one func(string) []registration) []registration {
	var list []registration
	for _, name := range names {
		for _, r := range one(name) {
			r.round = true
			list = append(list, r)
		}
	}
	return list
}

// replaces reports whether a function gives the process another registry than it had:
// then which one its calls mean depends on where they stand.
func replaces(fn *ssa.Function) bool {
	for _, b := range fn.Blocks {
		for _, i := range b.Instrs {
			if s, ok := i.(*ssa.Store); ok {
				if g, ok := s.Addr.(*ssa.Global); ok && theOne(g) {
					return true
				}
			}
		}
	}
	return false
}

// theOne reports whether the variable holds the registry that a process has one of.
func theOne(g *ssa.Global) bool {
	if g.Pkg == nil {
		return false
	}
	switch g.Pkg.Pkg.Path() + "." + g.Name() {
	case "net/http.DefaultServeMux", "flag.CommandLine", "github.com/spf13/pflag.CommandLine",
		"github.com/prometheus/client_golang/prometheus.DefaultRegisterer":
		return true
	}
	return false
}
