package guardlate_test

import (
	"testing"

	"github.com/backstop-go/backstop/analysis/guardlate"
	"github.com/backstop-go/backstop/analysis/internal/ruletest"
)

func Test(t *testing.T) {
	ruletest.Run(t, guardlate.Rule, "a", "b")
}
