package repanicstacklost_test

import (
	"testing"

	"github.com/backstop-go/backstop/analysis/internal/ruletest"
	"github.com/backstop-go/backstop/analysis/repanicstacklost"
)

func Test(t *testing.T) {
	ruletest.Run(t, repanicstacklost.Rule, "a")
}
