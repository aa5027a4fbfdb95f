package signalsync_test

import (
	"testing"

	"github.com/backstop-go/backstop/analysis/internal/ruletest"
	"github.com/backstop-go/backstop/analysis/signalsync"
)

func Test(t *testing.T) {
	ruletest.Run(t, signalsync.Rule, "a", "hands")
}
