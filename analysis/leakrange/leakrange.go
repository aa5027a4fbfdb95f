// Package leakrange holds the rule leak-range.
package leakrange

import (
	"go/token"
	"go/types"
	"strings"

	"golang.org/x/tools/go/ssa"

	"github.com/backstop-go/backstop/analysis/behaviour"
	"github.com/backstop-go/backstop/analysis/internal/conc"
	"github.com/backstop-go/backstop/analysis/internal/ir"
	"github.com/backstop-go/backstop/analysis/internal/path"
	"github.com/backstop-go/backstop/analysis/rule"
)

// Rule reports goroutines that range over a channel that nobody closes.
var Rule = rule.New(rule.Rule{
	ID:   "leak-range",
	Tier: rule.TierB,
	Doc: rule.Doc{
		Summary: "a goroutine ranges over a channel that nobody closes",
		Why: `A loop over a channel ends when the channel is closed, and in no other way. When
those who sent are gone the goroutine waits for ever, and it and all that it refers
to are never freed. The deadlock detector says nothing as long as anything else
runs.`,
		Bad:  "jobs := make(chan job)\ngo func() {\n\tfor j := range jobs {\n\t\tj.run()\n\t}\n}()\nfor _, j := range list {\n\tjobs <- j\n}",
		Good: "jobs := make(chan job)\ndefer close(jobs)\ngo func() {\n\tfor j := range jobs {\n\t\tj.run()\n\t}\n}()\nfor _, j := range list {\n\tjobs <- j\n}",
		LeftAlone: []string{
			"a close anywhere, by whoever made the channel or by who sends",
			"a channel that is returned, stored or handed to unknown code: others may close it",
			"a loop with another way out: a return or break in its body",
			"a function that never returns: the goroutine lives as long as it does",
			"a field of a type that cannot be stopped: it lives as long as the process",
			"main: the process ends with it",
		},
		Scenarios: []string{"goroutine-leak"},
		Claims:    []string{"A4-1-g"},
	},
}, run, behaviour.Analyzer)

func run(pass *rule.Pass) error {
	p := conc.New(pass.Pass)
	for _, fn := range p.Funcs {
		if conc.IsMain(fn) {
			continue
		}
		p.Channels(fn, func(_ *ssa.MakeChan, uses *conc.Uses) {
			if len(uses.Of(conc.Close)) > 0 {
				early(pass, p, uses)
				return
			}
			for _, r := range uses.Of(conc.Receive) {
				if r.In.Spawn != nil && ranges(r.Instr) && returns(p, r.In) {
					report(pass, p, r.Instr, "the function that made it returns")
				}
			}
		})
	}
	fields(pass, p)
	return nil
}

// early looks at a channel that its maker closes in one place, behind a return that a
// failure leads to.
func early(pass *rule.Pass, p *conc.Package, uses *conc.Uses) {
	closes := uses.Of(conc.Close)
	if len(closes) != 1 || closes[0].In != uses.Self {
		return
	}
	end, ok := closes[0].Instr.(*ssa.Call)
	if !ok {
		return
	}
	for _, r := range uses.Of(conc.Receive) {
		if r.In.Spawn == nil || r.In.Outer != uses.Self || !ranges(r.Instr) {
			continue
		}
		start := r.In.Spawn.Call
		if start.Parent() != end.Parent() || !start.Block().Dominates(end.Block()) {
			continue // whether it is started may decide whether it is closed
		}
		stop := func(i ssa.Instruction) bool { return i == ssa.Instruction(end) || p.Ends(i) }
		if failing(end.Parent(), end) && conc.Path(start, nil, stop) {
			pos := conc.Pos(r.Instr)
			pass.Reportf(pos, "this goroutine ranges over "+conc.Or(p.Text(nil, pos), "a channel")+", which is not closed when "+start.Parent().Name()+" returns early: it waits for ever then; defer the close")
		}
	}
}

// failing reports whether a return which the close does not lead to is behind a
// comparison of an error with nil.
func failing(fn *ssa.Function, end *ssa.Call) bool {
	for _, b := range fn.Blocks {
		if _, ok := b.Instrs[len(b.Instrs)-1].(*ssa.Return); !ok || end.Block().Dominates(b) || b.Idom() == nil {
			continue
		}
		d := b.Idom()
		if br, ok := d.Instrs[len(d.Instrs)-1].(*ssa.If); ok && conc.IsError(br.Cond) && conc.Reaches(d, end.Block()) {
			return true
		}
	}
	return false
}

func report(pass *rule.Pass, p *conc.Package, recv ssa.Instruction, when string) {
	pos := conc.Pos(recv)
	if !pos.IsValid() {
		return
	}
	pass.Reportf(pos, "this goroutine ranges over "+conc.Or(p.Text(nil, pos), "a channel")+", which nobody closes: it waits for ever when "+when+"; close the channel behind the last send")
}

// returns reports whether whoever starts the goroutine goes on to return.
func returns(p *conc.Package, r *conc.Routine) bool {
	for r.Outer != nil && r.Outer.Spawn != nil {
		r = r.Outer
	}
	return conc.Path(r.Spawn.Call, nil, p.Ends)
}

// ranges reports whether the receive is that of a loop which ends only when the
// channel is closed.
func ranges(i ssa.Instruction) bool {
	recv, ok := i.(*ssa.UnOp)
	if !ok || recv.Op != token.ARROW || !recv.CommaOk || !conc.InLoop(recv.Block()) {
		return false
	}
	exits := conc.Exits(recv.Block())
	for _, e := range exits {
		x, ok := e.Cond.(*ssa.Extract)
		if !ok || x.Tuple != recv || x.Index != 1 {
			return false
		}
	}
	return len(exits) > 0
}

// fields looks at goroutines that range over a field of a type that can be
// stopped, when nothing in the package closes the field.
func fields(pass *rule.Pass, p *conc.Package) {
	loops := make(map[*types.Var][]ssa.Instruction)
	for _, fn := range p.Funcs {
		p.Spawns(fn, func(s conc.Spawn) {
			for _, b := range s.Fn.Blocks {
				for _, i := range b.Instrs {
					if recv, ok := i.(*ssa.UnOp); ok && ranges(recv) {
						if f := path.FieldOf(recv.X); f != nil && !f.Exported() && f.Pkg() == pass.Pkg {
							loops[f] = append(loops[f], recv)
						}
					}
				}
			}
		})
	}
	if len(loops) == 0 {
		return
	}
	known := make(map[*types.Var]bool)
	owner := make(map[*types.Var]types.Type)
	for f := range loops {
		known[f] = true
	}
	for _, fn := range p.Funcs {
		for _, b := range fn.Blocks {
			for _, i := range b.Instrs {
				a, ok := i.(*ssa.FieldAddr)
				if f := path.FieldOf(a0(a)); ok && f != nil && known[f] {
					owner[f] = a.X.Type()
					known[f] = plain(a)
				}
			}
		}
	}
	for f, list := range loops {
		if known[f] && owner[f] != nil && stops(owner[f]) {
			for _, recv := range list {
				report(pass, p, recv, "the "+f.Name()+"'s owner is stopped")
			}
		}
	}
}

func a0(a *ssa.FieldAddr) ssa.Value {
	if a == nil {
		return nil
	}
	return a
}

// plain reports whether the field is only made, sent on and received from.
func plain(a *ssa.FieldAddr) bool {
	if a.Referrers() == nil {
		return false
	}
	for _, r := range *a.Referrers() {
		switch r := r.(type) {
		case *ssa.DebugRef:
		case *ssa.Store:
			if _, made := r.Val.(*ssa.MakeChan); !made || !onlyStored(r.Val) {
				return false
			}
		case *ssa.UnOp:
			for _, u := range *r.Referrers() {
				switch u := u.(type) {
				case *ssa.Send:
					if u.X == r {
						return false
					}
				case *ssa.Select, *ssa.UnOp, *ssa.DebugRef, *ssa.BinOp:
				case *ssa.Call:
					if !ir.IsBuiltin(u.Common(), "len") && !ir.IsBuiltin(u.Common(), "cap") {
						return false
					}
				default:
					return false
				}
			}
		default:
			return false
		}
	}
	return true
}

func onlyStored(v ssa.Value) bool { return v.Referrers() != nil && len(*v.Referrers()) == 1 }

// stops reports whether the type has a method that says it ends.
func stops(t types.Type) bool {
	if _, ok := t.Underlying().(*types.Pointer); !ok {
		t = types.NewPointer(t)
	}
	set := types.NewMethodSet(t)
	for n := range set.Len() {
		switch strings.ToLower(set.At(n).Obj().Name()) {
		case "close", "stop", "shutdown":
			return true
		}
	}
	return false
}
