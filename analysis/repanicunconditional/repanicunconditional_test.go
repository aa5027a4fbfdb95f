package repanicunconditional_test

import (
	"testing"

	"golang.org/x/tools/go/analysis/analysistest"

	"github.com/backstop-go/backstop/analysis/repanicunconditional"
)

func Test(t *testing.T) {
	analysistest.Run(t, analysistest.TestData(), repanicunconditional.Rule.Analyzer, "a", "b")
}
