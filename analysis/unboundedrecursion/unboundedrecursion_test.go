package unboundedrecursion_test

import (
	"testing"

	"github.com/backstop-go/backstop/analysis/internal/ruletest"
	"github.com/backstop-go/backstop/analysis/rule"
	"github.com/backstop-go/backstop/analysis/unboundedrecursion"
)

func Test(t *testing.T) {
	audit := make(map[int]bool)
	for _, f := range ruletest.Run(t, unboundedrecursion.Rule, "a") {
		if f.Tier == rule.TierC {
			audit[f.Line] = true
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

func TestVariants(t *testing.T) {
	ruletest.Run(t, unboundedrecursion.Rule, "variants", "right")
}

// Lines of the walks in testdata.
const (
	auditWalk     = 21
	auditChildren = 27
)
