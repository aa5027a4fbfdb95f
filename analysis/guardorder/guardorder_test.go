package guardorder_test

import (
	"testing"

	"github.com/backstop-go/backstop/analysis/guardorder"
	"github.com/backstop-go/backstop/analysis/internal/ruletest"
)

func Test(t *testing.T) {
	ruletest.Run(t, guardorder.Rule, "a", "b")
}
