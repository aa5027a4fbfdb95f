package aborthandler_test

import (
	"testing"

	"github.com/backstop-go/backstop/analysis/aborthandler"
	"github.com/backstop-go/backstop/analysis/internal/ruletest"
)

func Test(t *testing.T) {
	ruletest.Run(t, aborthandler.Rule, "a", "b", "variants")

	// What handlers do right is right for both rules.
	ruletest.RunIn(t, "../handlerspawn/testdata", aborthandler.Rule, "right")
}
