package callbackunguarded_test

import (
	"testing"

	"github.com/backstop-go/backstop/analysis/callbackunguarded"
	"github.com/backstop-go/backstop/analysis/internal/ruletest"
)

func Test(t *testing.T) {
	ruletest.Run(t, callbackunguarded.Rule, "a", "b", "kept", "registry", "sched")
}
