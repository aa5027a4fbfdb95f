package leakrange_test

import (
	"testing"

	"github.com/backstop-go/backstop/analysis/internal/ruletest"
	"github.com/backstop-go/backstop/analysis/leakrange"
)

func Test(t *testing.T) {
	ruletest.Run(t, leakrange.Rule, "a")
}
