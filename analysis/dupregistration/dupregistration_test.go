package dupregistration_test

import (
	"testing"

	"github.com/backstop-go/backstop/analysis/dupregistration"
	"github.com/backstop-go/backstop/analysis/internal/ruletest"
)

func Test(t *testing.T) {
	ruletest.Run(t, dupregistration.Rule, "a", "variants", "right")
}
