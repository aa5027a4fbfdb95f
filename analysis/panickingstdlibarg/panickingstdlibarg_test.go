package panickingstdlibarg_test

import (
	"testing"

	"github.com/backstop-go/backstop/analysis/internal/ruletest"
	"github.com/backstop-go/backstop/analysis/panickingstdlibarg"
)

func Test(t *testing.T) {
	ruletest.Run(t, panickingstdlibarg.Rule, "a", "good")
}
