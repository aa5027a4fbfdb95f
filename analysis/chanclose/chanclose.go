// Package chanclose holds the rule chan-close.
package chanclose

import (
	"cmp"
	"go/token"
	"slices"

	"golang.org/x/tools/go/ssa"

	"github.com/backstop-go/backstop/analysis/behaviour"
	"github.com/backstop-go/backstop/analysis/internal/conc"
	"github.com/backstop-go/backstop/analysis/internal/ir"
	"github.com/backstop-go/backstop/analysis/internal/path"
	"github.com/backstop-go/backstop/analysis/rule"
)

// Rule reports channels that are closed twice, closed when they are nil, or
// closed while somebody may still send.
var Rule = rule.New(rule.Rule{
	ID:   "chan-close",
	Tier: rule.TierA,
	Doc: rule.Doc{
		Summary: "a channel is closed twice, or sent to after it is closed",
		Why: `Closing a closed channel, closing a nil channel and sending on a closed one are
panics: "close of closed channel", "close of nil channel", "send on closed
channel". They can be recovered, but they mostly happen in a goroutine that
nobody guards, during a shutdown, and end the process. A sender that was blocked
already when the channel is closed panics too, inside select as well.

Findings that depend on two methods being called, or on goroutines that meet, are
of tier B.`,
		Bad:  "func (s *Server) Stop()  { close(s.quit) }\nfunc (s *Server) Abort() { close(s.quit) }",
		Good: "func (s *Server) Stop()  { s.once.Do(func() { close(s.quit) }) }\nfunc (s *Server) Abort() { s.once.Do(func() { close(s.quit) }) }",
		LeftAlone: []string{
			"a close within sync.Once: it runs once",
			"a close that a flag, a counter or a compare-and-swap decides, or under a lock: the code keeps count",
			"a channel that is set to nil, or made anew, after the close: it is another one",
			"closes in branches that exclude each other: one of them runs",
			"a close behind WaitGroup.Wait, a receive, or anything that may wait for the senders: they are done",
			"a send in a select with another case: the sender is told to stop",
			"one method alone that closes a field: nobody knows whether it is called twice",
		},
		Scenarios: []string{
			"close-closed-chan", "close-nil-chan", "send-closed-chan", "blocked-send-then-close",
			"select-send-closed-chan", "select2-send-closed-chan", "leak-blocked-send-then-close",
		},
		Claims: []string{"A1-3.2-a", "A1-3.2-c", "A1-3.2-d", "A4-1-c"},
	},
}, run, behaviour.Analyzer)

type checker struct {
	*conc.Package
	pass     *rule.Pass
	touches  map[*ssa.Function]bool // those that close
	sums     map[*ssa.Function]*summary
	sent     map[*ssa.Function]map[path.Cell]ssa.Instruction
	fields   *fields
	closes   map[ssa.Instruction]ssa.Instruction // by the call that leads there
	reported map[token.Pos]bool
	found    []rule.Finding
}

func run(pass *rule.Pass) error {
	c := &checker{
		Package: conc.New(pass.Pass), pass: pass,
		sums: make(map[*ssa.Function]*summary), sent: make(map[*ssa.Function]map[path.Cell]ssa.Instruction), closes: make(map[ssa.Instruction]ssa.Instruction), reported: make(map[token.Pos]bool),
	}
	c.touches = c.Touching(func(i ssa.Instruction) bool {
		_, ok := closed(i)
		return ok
	})
	c.fields = c.lookAtFields()
	for _, fn := range c.Funcs {
		if c.touches[fn] {
			c.summary(fn)
		}
	}
	for _, fn := range c.Funcs {
		c.routines(fn)
	}
	c.methods()
	slices.SortFunc(c.found, func(a, b rule.Finding) int { return cmp.Compare(a.Pos, b.Pos) })
	for _, f := range c.found {
		pass.Report(f)
	}
	return nil
}

// report keeps one finding for each place.
func (c *checker) report(pos token.Pos, tier rule.Tier, message string, related ...rule.Place) {
	if !pos.IsValid() || c.reported[pos] {
		return
	}
	c.reported[pos] = true
	c.found = append(c.found, rule.Finding{Pos: pos, Tier: tier, Message: message, Related: related})
}

func closed(i ssa.Instruction) (ssa.Value, bool) {
	c, ok := i.(ssa.CallInstruction)
	if !ok || !ir.IsBuiltin(c.Common(), "close") || len(c.Common().Args) != 1 {
		return nil, false
	}
	return c.Common().Args[0], true
}
