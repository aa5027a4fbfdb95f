package handlerpanic_test

import (
	"testing"

	"github.com/backstop-go/backstop/analysis/handlerpanic"
	"github.com/backstop-go/backstop/analysis/internal/ruletest"
)

func Test(t *testing.T) {
	ruletest.Run(t, handlerpanic.Rule, "a", "shapes")
}
