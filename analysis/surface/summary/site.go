package summary

import (
	"golang.org/x/tools/go/ssa"

	"github.com/backstop-go/backstop/analysis/panics"
)

// sites lists where a function can panic by itself. Calls of functions that are
// handed in are no sites here: what they may be is known when packages are
// linked.
func (b *builder) sites(fn *ssa.Function) []Site {
	var found []Site
	for _, s := range b.panics.Sites(fn) {
		if s.Kind == panics.Callback {
			continue
		}
		found = append(found, Site{
			Kind: string(s.Kind), Grade: uint32(s.Grade), Why: s.Why,
			Covered: s.Instr != nil && b.guard.Covers(s.Instr), Pos: b.pos(s.Pos),
		})
	}
	return found
}
