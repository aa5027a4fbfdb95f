package handlerpanic_test

import (
	"testing"

	"golang.org/x/tools/go/analysis/analysistest"

	"github.com/backstop-go/backstop/analysis/handlerpanic"
)

func Test(t *testing.T) {
	analysistest.Run(t, analysistest.TestData(), handlerpanic.Rule.Analyzer, "a", "shapes")
}
