// Package maprace holds the rule map-race.
package maprace

import (
	"cmp"
	"go/token"
	"go/types"
	"slices"
	"strings"

	"golang.org/x/tools/go/ssa"

	"github.com/backstop-go/backstop/analysis/behaviour"
	"github.com/backstop-go/backstop/analysis/internal/conc"
	"github.com/backstop-go/backstop/analysis/internal/ir"
	"github.com/backstop-go/backstop/analysis/internal/path"
	"github.com/backstop-go/backstop/analysis/rule"
)

// Rule reports maps that several goroutines use without a lock.
var Rule = rule.New(rule.Rule{
	ID:   "map-race",
	Tier: rule.TierB,
	Doc: rule.Doc{
		Summary: "a map is written by goroutines that no lock keeps apart",
		Why: `"fatal error: concurrent map writes", or "concurrent map read and map write", is no
panic: no recover stops it, deferred calls do not run, net/http's guard for
handlers does not help, and the process ends with every request in it. It takes two
accesses at the same moment, so that tests pass and the service dies under load.`,
		Bad:  "for _, u := range urls {\n\tgo func() { pages[u] = fetch(u) }()\n}",
		Good: "for _, u := range urls {\n\tgo func() {\n\t\tpage := fetch(u)\n\t\tmu.Lock()\n\t\tdefer mu.Unlock()\n\t\tpages[u] = page\n\t}()\n}",
		LeftAlone: []string{
			"a write behind Lock of any mutex: it may be the right one",
			"a function named ...Locked, or whose comment says that the lock is held: the caller has it",
			"a write before the goroutine starts, or a read behind Wait or a receive: they do not meet",
			"a map that each goroutine makes for itself",
			"a map of one goroutine that others reach through channels",
			"sync.Map, and maps that are only read",
			"writes in init and where the map is made: nobody else has it yet",
		},
		Scenarios: []string{"map-write-write", "map-read-write", "map-iterate-write", "map-clear-write"},
		Claims:    []string{"A3-5-a", "A4-1-d"},
	},
}, run, behaviour.Analyzer)

type checker struct {
	*conc.Package
	pass     *rule.Pass
	reported map[token.Pos]bool
	found    []rule.Finding
}

func run(pass *rule.Pass) error {
	c := &checker{Package: conc.New(pass.Pass), pass: pass, reported: make(map[token.Pos]bool)}
	for _, fn := range c.Funcs {
		c.goroutines(fn)
	}
	c.handlers()
	c.inconsistent()
	slices.SortFunc(c.found, func(a, b rule.Finding) int { return cmp.Compare(a.Pos, b.Pos) })
	for _, f := range c.found {
		pass.Report(f)
	}
	return nil
}

func (c *checker) report(a access, message string, related ...rule.Place) {
	pos := a.instr.Pos()
	if !pos.IsValid() || c.reported[pos] {
		return
	}
	c.reported[pos] = true
	c.found = append(c.found, rule.Finding{Pos: pos, Message: message, Related: related})
}

func (c *checker) name(a access) string {
	return conc.Or(c.Text(a.instr, a.instr.Pos()), "the map")
}

// An access is a read or a write of a map.
type access struct {
	instr ssa.Instruction
	m     ssa.Value
	write bool
}

// operation is what the instruction does to a map.
func operation(i ssa.Instruction) (access, bool) {
	switch i := i.(type) {
	case *ssa.MapUpdate:
		return access{i, i.Map, true}, true
	case *ssa.Lookup:
		_, ok := i.X.Type().Underlying().(*types.Map)
		return access{i, i.X, false}, ok
	case *ssa.Range:
		_, ok := i.X.Type().Underlying().(*types.Map)
		return access{i, i.X, false}, ok
	case *ssa.Call:
		if ir.IsBuiltin(i.Common(), "delete") || ir.IsBuiltin(i.Common(), "clear") {
			m := i.Call.Args[0]
			_, ok := m.Type().Underlying().(*types.Map)
			return access{i, m, true}, ok
		}
	}
	return access{}, false
}

func accesses(fn *ssa.Function, yield func(access)) {
	for _, b := range fn.Blocks {
		for _, i := range b.Instrs {
			if a, ok := operation(i); ok {
				yield(a)
			}
		}
	}
}

// held says what is locked at an instruction, on some path.
type held int

const (
	unlocked held = iota
	reading
	writing
)

// held looks for a lock before the instruction: any will do. A channel that
// holds one value is a lock as well.
func (c *checker) held(at ssa.Instruction) held {
	best, balance := unlocked, 0
	for _, b := range at.Parent().Blocks {
		for _, i := range b.Instrs {
			if !ir.Before(i, at) {
				continue
			}
			switch i := i.(type) {
			case *ssa.Send:
				best = max(best, c.token(i.Chan))
			case *ssa.UnOp:
				if i.Op == token.ARROW {
					best = writing
				}
			case *ssa.Select:
				best = writing
			case *ssa.Call:
				if h := c.locks(i); h != unlocked {
					best, balance = max(best, h), balance+1
				} else if t := ir.Target(i.Common()); t != nil && strings.HasSuffix(strings.ToLower(t.Name()), "unlock") {
					if balance--; balance == 0 {
						best = unlocked
					}
				}
			}
		}
	}
	return best
}

// token tells a channel that lets one goroutine through from one that lets many.
func (c *checker) token(ch ssa.Value) held {
	if made, ok := path.Of(ch).Root.(*ssa.MakeChan); ok && path.Of(ch).Path == "" {
		if n, ok := conc.Size(made); ok && n > 1 {
			return unlocked
		}
	}
	return writing
}

// locks reports what a call locks. A call of code that is not known, with a name
// that says so, may as well.
func (c *checker) locks(call *ssa.Call) held {
	t := ir.Target(call.Common())
	if t == nil {
		return unlocked
	}
	name := strings.ToLower(t.Name())
	switch {
	case strings.HasPrefix(name, "rlock"):
		return reading
	case strings.Contains(name, "unlock"):
		return unlocked
	case strings.Contains(name, "lock") || strings.Contains(name, "acquire") || name == "compareandswap":
		return writing
	}
	callee := ir.Callee(call.Common())
	if !c.Here(callee) {
		return unlocked
	}
	best, unlocks := unlocked, false
	ir.Calls(callee, func(i ssa.CallInstruction) { // a helper that only locks
		switch ir.Name(ir.Target(i.Common())) {
		case "(*sync.Mutex).Lock", "(*sync.RWMutex).Lock":
			best = writing
		case "(*sync.Mutex).Unlock", "(*sync.RWMutex).Unlock":
			unlocks = true
		}
	})
	if unlocks {
		return unlocked
	}
	return best
}
