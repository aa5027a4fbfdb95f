package chanclose_test

import (
	"testing"

	"github.com/backstop-go/backstop/analysis/chanclose"
	"github.com/backstop-go/backstop/analysis/internal/ruletest"
)

func Test(t *testing.T) {
	ruletest.Run(t, chanclose.Rule, "a")
}
