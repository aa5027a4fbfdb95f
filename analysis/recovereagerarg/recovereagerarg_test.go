package recovereagerarg_test

import (
	"testing"

	"github.com/backstop-go/backstop/analysis/internal/ruletest"
	"github.com/backstop-go/backstop/analysis/recovereagerarg"
)

func Test(t *testing.T) {
	ruletest.Run(t, recovereagerarg.Rule, "a")
}
