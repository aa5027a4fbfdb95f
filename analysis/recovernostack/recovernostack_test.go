package recovernostack_test

import (
	"testing"

	"github.com/backstop-go/backstop/analysis/internal/ruletest"
	"github.com/backstop-go/backstop/analysis/recovernostack"
)

func Test(t *testing.T) {
	ruletest.Run(t, recovernostack.Rule, "a", "b")
}
