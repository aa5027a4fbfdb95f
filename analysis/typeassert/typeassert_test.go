package typeassert_test

import (
	"testing"

	"github.com/backstop-go/backstop/analysis/internal/ruletest"
	"github.com/backstop-go/backstop/analysis/typeassert"
)

func Test(t *testing.T) {
	ruletest.Run(t, typeassert.Rule, "a", "shapes", "b")
}
