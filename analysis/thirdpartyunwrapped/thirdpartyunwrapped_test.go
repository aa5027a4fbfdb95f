package thirdpartyunwrapped_test

import (
	"testing"

	"github.com/backstop-go/backstop/analysis/internal/ruletest"
	"github.com/backstop-go/backstop/analysis/thirdpartyunwrapped"
)

func Test(t *testing.T) {
	ruletest.Run(t, thirdpartyunwrapped.Rule, "a")
}
