package recoveruncheckedassert_test

import (
	"testing"

	"github.com/backstop-go/backstop/analysis/internal/ruletest"
	"github.com/backstop-go/backstop/analysis/recoveruncheckedassert"
)

func Test(t *testing.T) {
	ruletest.Run(t, recoveruncheckedassert.Rule, "a")
}
