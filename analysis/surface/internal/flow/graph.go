// Package flow links summaries: it lets types and functions flow along the edges
// of all packages, and finds with them what calls of interface methods and of
// function values call. Code of packages that are not named live is looked at
// only where something calls it.
package flow

import (
	"strings"

	"github.com/backstop-go/backstop/analysis/surface/summary"
)

// A FuncID is an index of Graph.Funcs.
type FuncID uint32

// A Graph is the call graph of a program.
type Graph struct {
	Funcs  []Func
	Spawns []Spawn

	// Unknown are the calls of functions that no summary has.
	Unknown []Edge
	// From says for each of these who calls.
	From []FuncID

	byName map[string]FuncID
}

// A Func is a function of the graph: one of a summary, one that is called and
// that no summary has (Sum is nil), or a virtual one that stands for all that
// one call of a method or of a value may call.
type Func struct {
	Name    string
	Sum     *summary.Func
	Pkg     *summary.Summary
	Virtual bool
	Out     []Edge
	Active  bool // it may run, as far as calls show
}

// An Edge is a call in the goroutine of the caller.
type Edge struct {
	To      FuncID
	Covered bool // the caller recovers what it panics with
	Pos     summary.Pos
}

// A Spawn is a place where something else than the function's own goroutine is
// given a function to run.
type Spawn struct {
	In      FuncID
	To      FuncID
	Where   string // go, or as in package model
	Guarded bool   // who runs it recovers
	By      string
	Via     string // the function that was given it; empty for go statements
	Pos     summary.Pos

	Shared bool     // several calls in the program share it: In and Pos are of one
	Given  []FuncID // functions that are in the interface that is handed over
}

// Callees yields what fn calls, virtual functions replaced by what they stand
// for.
func (g *Graph) Callees(fn FuncID, yield func(FuncID)) {
	seen := map[FuncID]bool{}
	var walk func(FuncID)
	walk = func(f FuncID) {
		for _, e := range g.Funcs[f].Out {
			if seen[e.To] {
				continue
			}
			seen[e.To] = true
			if g.Funcs[e.To].Virtual {
				walk(e.To)
			} else {
				yield(e.To)
			}
		}
	}
	walk(fn)
}

// Literal reports whether name is that of a literal in the function outer, or in
// one of its literals.
func Literal(name, outer string) bool {
	rest, ok := strings.CutPrefix(name, outer)
	return ok && rest != "" && (rest[0] == '$' || rest[0] == '-')
}

// method reports whether the name is that of a method, and not of a literal.
func method(name string) bool {
	if !strings.HasPrefix(name, "(") {
		return false
	}
	i := strings.LastIndex(name, ").")
	return i > 0 && !strings.ContainsAny(name[i:], "$-")
}
