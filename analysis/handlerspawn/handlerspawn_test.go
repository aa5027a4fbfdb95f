package handlerspawn_test

import (
	"testing"

	"golang.org/x/tools/go/analysis/analysistest"

	"github.com/backstop-go/backstop/analysis/handlerspawn"
)

func Test(t *testing.T) {
	analysistest.Run(t, analysistest.TestData(), handlerspawn.Rule.Analyzer, "a", "variants", "right")
}
