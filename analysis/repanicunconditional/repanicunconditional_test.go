package repanicunconditional_test

import (
	"testing"

	"github.com/backstop-go/backstop/analysis/internal/ruletest"
	"github.com/backstop-go/backstop/analysis/repanicunconditional"
)

func Test(t *testing.T) {
	ruletest.Run(t, repanicunconditional.Rule, "a", "b")
}
