package unboundedrecursion_test

import (
	"testing"

	"golang.org/x/tools/go/analysis/analysistest"

	"github.com/backstop-go/backstop/analysis/rule"
	"github.com/backstop-go/backstop/analysis/unboundedrecursion"
)

func Test(t *testing.T) {
	for _, r := range analysistest.Run(t, analysistest.TestData(), unboundedrecursion.Rule.Analyzer, "a") {
		audit := make(map[int]bool)
		for _, f := range r.Result.(*rule.Result).Findings {
			if f.Tier == rule.TierC {
				audit[r.Action.Package.Fset.Position(f.Pos).Line] = true
			}
		}
		// Findings of tier C are no diagnostics of a rule of tier A.
		for _, line := range []int{auditWalk, auditChildren} {
			if !audit[line] {
				t.Errorf("line %d walks linked data without a bound, and is not told in tier C", line)
			}
			delete(audit, line)
		}
		if len(audit) > 0 {
			t.Errorf("told in tier C besides: lines %v", audit)
		}
	}
}

func TestVariants(t *testing.T) {
	analysistest.Run(t, analysistest.TestData(), unboundedrecursion.Rule.Analyzer, "variants", "right")
}

// Lines of the walks in testdata.
const (
	auditWalk     = 21
	auditChildren = 27
)
