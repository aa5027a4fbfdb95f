package cgoboundary_test

import (
	"testing"

	"golang.org/x/tools/go/analysis/analysistest"

	"github.com/backstop-go/backstop/analysis/cgoboundary"
)

func Test(t *testing.T) {
	analysistest.Run(t, analysistest.TestData(), cgoboundary.Rule.Analyzer, "a")
}
