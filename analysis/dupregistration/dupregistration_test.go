package dupregistration_test

import (
	"testing"

	"golang.org/x/tools/go/analysis/analysistest"

	"github.com/backstop-go/backstop/analysis/dupregistration"
)

func Test(t *testing.T) {
	analysistest.Run(t, analysistest.TestData(), dupregistration.Rule.Analyzer, "a", "variants", "right")
}
