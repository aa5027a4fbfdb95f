package chandeadlock_test

import (
	"testing"

	"github.com/backstop-go/backstop/analysis/chandeadlock"
	"github.com/backstop-go/backstop/analysis/internal/ruletest"
)

func Test(t *testing.T) {
	ruletest.Run(t, chandeadlock.Rule, "a")
}
