package recoveruncheckedassert_test

import (
	"testing"

	"golang.org/x/tools/go/analysis/analysistest"

	"github.com/backstop-go/backstop/analysis/recoveruncheckedassert"
)

func Test(t *testing.T) {
	analysistest.Run(t, analysistest.TestData(), recoveruncheckedassert.Rule.Analyzer, "a")
}
