package recovernostack_test

import (
	"testing"

	"golang.org/x/tools/go/analysis/analysistest"

	"github.com/backstop-go/backstop/analysis/recovernostack"
)

func Test(t *testing.T) {
	analysistest.Run(t, analysistest.TestData(), recovernostack.Rule.Analyzer, "a", "b")
}
