package maprace_test

import (
	"testing"

	"github.com/backstop-go/backstop/analysis/internal/ruletest"
	"github.com/backstop-go/backstop/analysis/maprace"
)

func Test(t *testing.T) {
	ruletest.Run(t, maprace.Rule, "a")
}
