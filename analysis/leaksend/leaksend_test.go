package leaksend_test

import (
	"testing"

	"github.com/backstop-go/backstop/analysis/internal/ruletest"
	"github.com/backstop-go/backstop/analysis/leaksend"
)

func Test(t *testing.T) {
	ruletest.Run(t, leaksend.Rule, "a")
}
