// Package audit lists every recover() of a package: whether it can work, on which
// releases, who defers it, and what becomes of the value.
//
// It is no rule: it reports nothing, and says of the calls that are right as much
// as of those that are not. The result of [Analyzer] is a [*Recovers].
package audit

import (
	"cmp"
	"fmt"
	"go/token"
	"io"
	"reflect"
	"slices"
	"strings"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/ssa"

	"github.com/backstop-go/backstop/analysis/behaviour"
	"github.com/backstop-go/backstop/analysis/internal/recovery"
	"github.com/backstop-go/backstop/analysis/rule"
)

// A Status says whether a call of recover can stop a panic.
type Status string

// Statuses.
const (
	Works      Status = "works"       // its function is deferred in this package
	ByAccident Status = "by_accident" // on some releases, because of a defect of the compiler
	Never      Status = "never"
	Depends    Status = "depends" // on others: the function is exported, stored, returned or passed on
)

// A Fate is what becomes of the value that recover returned.
type Fate string

// Fates. A value may have several.
const (
	Dropped    Fate = "dropped"    // nobody looks at it, or only whether it is nil
	Logged     Fate = "logged"     // somebody is told
	Repanicked Fate = "repanicked" // the panic goes on
	AsError    Fate = "error"      // it becomes an error, for the caller to look at
	Kept       Fate = "kept"       // stored or returned
	Passed     Fate = "passed"     // given to a function that is none of these
)

// A Call is one call of recover, a deferred one included.
type Call struct {
	Pos      token.Pos
	Func     string // the function that it stands in
	Status   Status
	Go       map[string]rule.Verdict // by release: "1.26"; nil for Depends
	Why      string                  // one sentence about Status; no dot
	Deferred []token.Pos             // the statements that defer the function
	Callers  []token.Pos             // the calls of it that are not deferred
	Fates    []Fate
}

// Recovers is what the analyzer found in a package, in the order of the source.
type Recovers struct {
	Calls []Call
}

// Analyzer computes [*Recovers].
var Analyzer = &analysis.Analyzer{
	Name:       "recoveraudit",
	Doc:        "list every recover(), whether it can work, and what becomes of the value",
	Run:        run,
	Requires:   []*analysis.Analyzer{behaviour.Analyzer},
	ResultType: reflect.TypeFor[*Recovers](),
}

func run(pass *analysis.Pass) (any, error) {
	facts := pass.ResultOf[behaviour.Analyzer].(*behaviour.Facts)
	var all Recovers
	for _, fn := range facts.Funcs {
		for _, c := range recovery.Calls(fn) {
			all.Calls = append(all.Calls, look(pass, facts, fn, c))
		}
	}
	slices.SortFunc(all.Calls, func(a, b Call) int { return cmp.Compare(a.Pos, b.Pos) })
	return &all, nil
}

func look(pass *analysis.Pass, facts *behaviour.Facts, fn *ssa.Function, c ssa.CallInstruction) Call {
	decl := recovery.Declared(fn)
	use := facts.Use(decl)
	found := Call{Pos: c.Pos(), Func: recovery.Name(decl), Fates: fates(facts, decl, c)}
	if call := recovery.CallAt(pass.Files, c.Pos()); call != nil {
		found.Pos = call.Pos()
	}
	for _, s := range use.Deferred {
		found.Deferred = append(found.Deferred, s.Pos())
	}
	for _, s := range slices.Concat(use.Called, use.Spawned) {
		found.Callers = append(found.Callers, s.Pos())
	}
	_, spawned := c.(*ssa.Go)
	_, called := c.(*ssa.Call)
	switch {
	case spawned:
		found.never("a goroutine of its own runs recover")
	case called && fn != decl:
		found.never("the body of a range over a function is a function of its own, called by the iterator")
	case len(use.Deferred) > 0:
		found.Status, found.Why = Works, recovery.Name(decl)+" is deferred"
		found.Go = verdicts(rule.Works)
	case deep(facts, decl, 0) != nil:
		found.tooDeep(deep(facts, decl, 0))
	case use.Exported:
		found.Status, found.Why = Depends, "other packages may defer "+recovery.Name(decl)+"; nobody does here"
	case use.Stored || len(use.Passed) > 0:
		found.Status, found.Why = Depends, recovery.Name(decl)+" is kept or passed on, and may be deferred by who has it"
	default:
		found.never("nobody defers " + recovery.Name(decl))
	}
	return found
}

func (c *Call) never(why string) {
	c.Status, c.Why, c.Go = Never, why, verdicts(rule.Dead)
}

func (c *Call) tooDeep(all map[string]rule.Verdict) {
	c.Go = all
	var accident []string
	for _, release := range behaviour.Releases {
		if all[release] == rule.ByAccident {
			accident = append(accident, release)
		}
	}
	c.Status, c.Why = Never, "a deferred function calls "+c.Func+", which is too deep"
	if len(accident) > 0 {
		c.Status = ByAccident
		c.Why += "; Go " + strings.Join(accident, ", ") + " recover by accident (golang/go#73916)"
	}
}

func verdicts(v rule.Verdict) map[string]rule.Verdict {
	all := make(map[string]rule.Verdict)
	for _, release := range behaviour.Releases {
		all[release] = v
	}
	return all
}

// deep is what becomes of fn where deferred functions call it, the best for each
// release, or nil when none does.
func deep(facts *behaviour.Facts, fn *ssa.Function, depth int) map[string]rule.Verdict {
	if depth > 3 {
		return nil
	}
	var best map[string]rule.Verdict
	add := func(all map[string]rule.Verdict) {
		for release, v := range all {
			if best == nil {
				best = verdicts(rule.Dead)
			}
			if v != rule.Dead {
				best[release] = v
			}
		}
	}
	for _, c := range facts.Use(fn).Called {
		p := recovery.Declared(c.Parent())
		if p == fn {
			continue
		}
		for _, s := range facts.Use(p).Deferred {
			if facts.Of(p).Recovers == behaviour.TooDeep {
				add(facts.Verdicts(s, p))
			} else {
				add(verdicts(rule.Dead))
			}
		}
		add(deep(facts, p, depth+1))
	}
	return best
}

// Text writes one line for each call, and who defers it.
func (r *Recovers) Text(w io.Writer, fset *token.FileSet) error {
	for _, c := range r.Calls {
		list := make([]string, len(c.Fates))
		for i, f := range c.Fates {
			list[i] = string(f)
		}
		if _, err := fmt.Fprintf(w, "%s: %s: recover() in %s: %s; value %s\n", fset.Position(c.Pos), c.Status, c.Func, c.Why, strings.Join(list, ", ")); err != nil {
			return err
		}
		for _, s := range c.Deferred {
			if _, err := fmt.Fprintf(w, "\tdeferred at %s\n", fset.Position(s)); err != nil {
				return err
			}
		}
	}
	return nil
}
