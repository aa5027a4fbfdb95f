package nilfuncgo_test

import (
	"testing"

	"github.com/backstop-go/backstop/analysis/internal/ruletest"
	"github.com/backstop-go/backstop/analysis/nilfuncgo"
)

func Test(t *testing.T) {
	ruletest.Run(t, nilfuncgo.Rule, "a", "shapes")
}
