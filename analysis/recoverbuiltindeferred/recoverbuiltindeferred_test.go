package recoverbuiltindeferred_test

import (
	"testing"

	"golang.org/x/tools/go/analysis/analysistest"

	"github.com/backstop-go/backstop/analysis/recoverbuiltindeferred"
)

func Test(t *testing.T) {
	analysistest.Run(t, analysistest.TestData(), recoverbuiltindeferred.Rule.Analyzer, "a")
}
