package exitoutsidemain_test

import (
	"testing"

	"github.com/backstop-go/backstop/analysis/exitoutsidemain"
	"github.com/backstop-go/backstop/analysis/internal/ruletest"
)

func Test(t *testing.T) {
	ruletest.Run(t, exitoutsidemain.Rule, "a", "program")
}
