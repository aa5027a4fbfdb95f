package recoverswallow_test

import (
	"testing"

	"github.com/backstop-go/backstop/analysis/internal/ruletest"
	"github.com/backstop-go/backstop/analysis/recoverswallow"
)

func Test(t *testing.T) {
	ruletest.Run(t, recoverswallow.Rule, "a", "b")
}
