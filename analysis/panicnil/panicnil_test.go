package panicnil_test

import (
	"testing"

	"golang.org/x/tools/go/analysis/analysistest"

	"github.com/backstop-go/backstop/analysis/panicnil"
)

func Test(t *testing.T) {
	analysistest.Run(t, analysistest.TestData(), panicnil.Rule.Analyzer, "a")
}
