package waitgroup_test

import (
	"testing"

	"github.com/backstop-go/backstop/analysis/internal/ruletest"
	"github.com/backstop-go/backstop/analysis/waitgroup"
)

func Test(t *testing.T) {
	ruletest.Run(t, waitgroup.Rule, "a")
}
