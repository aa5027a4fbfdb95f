package guardorder_test

import (
	"testing"

	"golang.org/x/tools/go/analysis/analysistest"

	"github.com/backstop-go/backstop/analysis/guardorder"
)

func Test(t *testing.T) {
	analysistest.Run(t, analysistest.TestData(), guardorder.Rule.Analyzer, "a", "b")
}
