package exitskipsdefer_test

import (
	"testing"

	"golang.org/x/tools/go/analysis/analysistest"

	"github.com/backstop-go/backstop/analysis/exitskipsdefer"
)

func Test(t *testing.T) {
	analysistest.Run(t, analysistest.TestData(), exitskipsdefer.Rule.Analyzer, "a")
}
