package errderef_test

import (
	"testing"

	"github.com/backstop-go/backstop/analysis/errderef"
	"github.com/backstop-go/backstop/analysis/internal/ruletest"
)

func Test(t *testing.T) {
	ruletest.Run(t, errderef.Rule, "a", "b", "variants", "right")
}
