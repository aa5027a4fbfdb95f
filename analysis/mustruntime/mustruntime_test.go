package mustruntime_test

import (
	"testing"

	"github.com/backstop-go/backstop/analysis/internal/ruletest"
	"github.com/backstop-go/backstop/analysis/mustruntime"
)

func Test(t *testing.T) {
	ruletest.Run(t, mustruntime.Rule, "a")
}
