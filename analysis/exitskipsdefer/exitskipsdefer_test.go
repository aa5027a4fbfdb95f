package exitskipsdefer_test

import (
	"testing"

	"github.com/backstop-go/backstop/analysis/exitskipsdefer"
	"github.com/backstop-go/backstop/analysis/internal/ruletest"
)

func Test(t *testing.T) {
	ruletest.Run(t, exitskipsdefer.Rule, "a")
}
