package behaviour_test

import (
	"fmt"
	"go/ast"
	"strings"
	"testing"

	"golang.org/x/tools/go/analysis"

	"github.com/backstop-go/backstop/analysis/behaviour"
	"github.com/backstop-go/backstop/analysis/internal/ruletest"
)

// The last line of each function's comment says what is known of it: "facts: ...".
func TestFuncs(t *testing.T) {
	n := 0
	ruletest.Each(t, behaviour.Analyzer, func(_ *analysis.Pass, facts *behaviour.Facts) {
		for _, fn := range facts.Funcs {
			d, ok := fn.Syntax().(*ast.FuncDecl)
			if !ok || d.Doc == nil {
				continue
			}
			_, want, ok := strings.Cut(d.Doc.Text(), "facts: ")
			if !ok {
				continue
			}
			n++
			if got := words(facts.Of(fn)); got != strings.TrimSpace(want) {
				t.Errorf("%s: %q, want %q", fn, got, strings.TrimSpace(want))
			}
		}
	}, "a", "b")
	if n < 30 {
		t.Errorf("%d functions", n)
	}
}

// The last line of each function's comment says which guard it has: "guard: ...".
func TestGuards(t *testing.T) {
	kinds := map[behaviour.GuardKind]string{
		behaviour.Unguarded: "none", behaviour.Disarmed: "disarmed", behaviour.Repanics: "repanics", behaviour.Guarded: "works",
	}
	n := 0
	ruletest.Each(t, behaviour.Analyzer, func(_ *analysis.Pass, facts *behaviour.Facts) {
		for _, fn := range facts.Funcs {
			d, ok := fn.Syntax().(*ast.FuncDecl)
			if !ok || d.Doc == nil {
				continue
			}
			if _, want, ok := strings.Cut(d.Doc.Text(), "guard: "); ok {
				n++
				if got := kinds[facts.Guard(fn).Kind]; got != strings.TrimSpace(want) {
					t.Errorf("%s: %s, want %s", fn, got, strings.TrimSpace(want))
				}
			}
		}
	}, "a")
	if n < 8 {
		t.Errorf("%d functions", n)
	}
}

func words(f behaviour.Func) string {
	var list []string
	add := func(yes bool, word string) {
		if yes {
			list = append(list, word)
		}
	}
	add(f.Recovers == behaviour.Directly, "recovers")
	add(f.Recovers == behaviour.TooDeep, fmt.Sprintf("deep %d %s", f.Depth, f.Via))
	add(f.Accident.Go122, "accident")
	add(f.OnlyRecovers, "only")
	add(f.Repanics, "repanics")
	add(f.Reports, "reports")
	add(f.Stack, "stack")
	add(f.NeverReturns, "never-returns")
	add(f.Exits, "exits")
	add(f.Panics, "panics")
	for _, c := range f.Callbacks {
		word := fmt.Sprintf("calls %d %s", c.Param, c.Where)
		if c.Guarded {
			word += " guarded"
		}
		if c.Deferred {
			word += " deferred"
		}
		list = append(list, word)
	}
	if len(list) == 0 {
		return "nothing"
	}
	return strings.Join(list, ", ")
}
