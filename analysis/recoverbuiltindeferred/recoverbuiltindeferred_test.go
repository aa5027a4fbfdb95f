package recoverbuiltindeferred_test

import (
	"testing"

	"github.com/backstop-go/backstop/analysis/internal/ruletest"
	"github.com/backstop-go/backstop/analysis/recoverbuiltindeferred"
)

func Test(t *testing.T) {
	ruletest.Run(t, recoverbuiltindeferred.Rule, "a")
}
