package allocuntrusted_test

import (
	"testing"

	"github.com/backstop-go/backstop/analysis/allocuntrusted"
	"github.com/backstop-go/backstop/analysis/internal/ruletest"
)

func Test(t *testing.T) {
	ruletest.Run(t, allocuntrusted.Rule, "a", "good")
}
