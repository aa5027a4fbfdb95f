package aborthandler_test

import (
	"testing"

	"golang.org/x/tools/go/analysis/analysistest"

	"github.com/backstop-go/backstop/analysis/aborthandler"
)

func Test(t *testing.T) {
	analysistest.Run(t, analysistest.TestData(), aborthandler.Rule.Analyzer, "a", "b")
}
