// Package mutexmisuse holds the rule mutex-misuse.
package mutexmisuse

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

// Rule reports mutexes that are unlocked when they are not locked, locked twice
// by one goroutine, or left locked.
var Rule = rule.New(rule.Rule{
	ID:   "mutex-misuse",
	Tier: rule.TierB,
	Doc: rule.Doc{
		Summary: "a mutex is unlocked twice, locked twice, or left locked",
		Why: `Unlock of a mutex that is not locked is a fatal error, "sync: unlock of unlocked
mutex", and not a panic: no recover stops it, deferred calls do not run, and the
process ends. The same holds for RUnlock where Lock was called, and for Unlock
where RLock was.

A Go mutex has no owner. Lock in a goroutine that has locked it already, itself or
in a method further up, waits for ever, and so does everybody who comes after a
return that leaves it locked. In a server nothing detects that.`,
		Bad:  "c.mu.Lock()\ndefer c.mu.Unlock()\nif c.closed {\n\tc.mu.Unlock()\n\treturn\n}",
		Good: "c.mu.Lock()\ndefer c.mu.Unlock()\nif c.closed {\n\treturn\n}",
		LeftAlone: []string{
			"unlock and lock again around a call that blocks: the caller holds the lock, before and after",
			"a function that only locks, or only unlocks: the lock is handed over",
			"a return that leaves the mutex locked and hands back what unlocks it, or says true or no error where the other returns say false or an error: the caller unlocks",
			"lock and unlock under the same condition, or under a flag that says so",
			"TryLock: nobody knows what it said",
			"RLock within RLock: it waits only when a writer comes between",
			"copies of a mutex: go vet finds them",
		},
		Scenarios: []string{"mutex-unlock", "rwmutex-unlock", "rwmutex-runlock", "deadlock-mutex"},
	},
}, run, behaviour.Analyzer)

type checker struct {
	*conc.Package
	pass     *rule.Pass
	touches  map[*ssa.Function]bool
	sums     map[*ssa.Function]*summary
	reported map[token.Pos]bool
	reports  int // calls of report, known places included
	found    []rule.Finding
}

func run(pass *rule.Pass) error {
	c := &checker{
		Package: conc.New(pass.Pass), pass: pass,
		sums: make(map[*ssa.Function]*summary), reported: make(map[token.Pos]bool),
	}
	c.touches = c.Touching(func(i ssa.Instruction) bool { k, _ := operation(i); return k != none })
	for _, fn := range c.Funcs {
		if c.touches[fn] {
			c.summary(fn)
		}
	}
	slices.SortFunc(c.found, func(a, b rule.Finding) int { return cmp.Compare(a.Pos, b.Pos) })
	for _, f := range c.found {
		pass.Report(f)
	}
	return nil
}

func (c *checker) report(pos token.Pos, message string, related ...rule.Place) {
	c.reports++
	if !pos.IsValid() || c.reported[pos] {
		return
	}
	c.reported[pos] = true
	c.found = append(c.found, rule.Finding{Pos: pos, Message: message, Related: related})
}

type kind int

const (
	none kind = iota
	lock
	unlock
	rlock
	runlock
	try
)

// operation is what a call does to a mutex, and to which.
func operation(i ssa.Instruction) (kind, ssa.Value) {
	call, ok := i.(ssa.CallInstruction)
	if !ok || call.Common().IsInvoke() || len(call.Common().Args) != 1 {
		return none, nil
	}
	fn, ok := call.Common().Value.(*ssa.Function)
	if !ok {
		return none, nil
	}
	k := none
	switch ir.Name(ir.Object(fn)) {
	case "(*sync.Mutex).Lock", "(*sync.RWMutex).Lock":
		k = lock
	case "(*sync.Mutex).Unlock", "(*sync.RWMutex).Unlock":
		k = unlock
	case "(*sync.RWMutex).RLock":
		k = rlock
	case "(*sync.RWMutex).RUnlock":
		k = runlock
	case "(*sync.Mutex).TryLock", "(*sync.RWMutex).TryLock", "(*sync.RWMutex).TryRLock":
		k = try
	}
	return k, call.Common().Args[0]
}

// What is known of a mutex on a path.
const (
	untouched = 0
	locked    = 1
	released  = 2 // locked and unlocked
	unknown   = 3
	given     = 4  // unlocked, and locked by the caller
	back      = 5  // and locked again
	reading   = 10 // and how often: reading + 1 ...
)

// A summary is what a function does to mutexes of its callers.
type summary struct {
	cells map[path.Cell]*ends
	all   int // paths that return
}

// ends is how a function leaves one mutex.
type ends struct {
	first  map[kind]ssa.Instruction // what comes first, on some path
	final  map[int]int              // paths by what is known at their end
	leaks  []leak
	handed map[ssa.Instruction]int // unlocked first, and not locked again
	quiet  bool                    // somebody else may unlock it
	wrong  bool                    // something was reported
}

type leak struct {
	ret *ssa.Return
	at  ssa.Instruction
}

func (s *summary) of(cell path.Cell) *ends {
	e := s.cells[cell]
	if e == nil {
		e = &ends{first: make(map[kind]ssa.Instruction), final: make(map[int]int), handed: make(map[ssa.Instruction]int)}
		s.cells[cell] = e
	}
	return e
}

// summary walks the function, once, and reports what is wrong within it.
func (c *checker) summary(fn *ssa.Function) *summary {
	if s, ok := c.sums[fn]; ok {
		return s
	}
	s := &summary{cells: make(map[path.Cell]*ends)}
	c.sums[fn] = s
	path.Walk(fn, func(st *path.State, i ssa.Instruction) bool {
		if c.Ends(i) {
			return false
		}
		c.step(fn, st, i, s)
		return true
	})
	for cell, e := range s.cells {
		c.judge(fn, cell, e)
	}
	return s
}
