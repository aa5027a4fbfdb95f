package repanicstacklost_test

import (
	"testing"

	"golang.org/x/tools/go/analysis/analysistest"

	"github.com/backstop-go/backstop/analysis/repanicstacklost"
)

func Test(t *testing.T) {
	analysistest.Run(t, analysistest.TestData(), repanicstacklost.Rule.Analyzer, "a")
}
