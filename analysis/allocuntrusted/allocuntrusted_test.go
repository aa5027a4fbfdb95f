package allocuntrusted_test

import (
	"testing"

	"golang.org/x/tools/go/analysis/analysistest"

	"github.com/backstop-go/backstop/analysis/allocuntrusted"
)

func Test(t *testing.T) {
	analysistest.Run(t, analysistest.TestData(), allocuntrusted.Rule.Analyzer, "a", "good")
}
