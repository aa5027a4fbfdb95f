package exitoutsidemain_test

import (
	"testing"

	"golang.org/x/tools/go/analysis/analysistest"

	"github.com/backstop-go/backstop/analysis/exitoutsidemain"
)

func Test(t *testing.T) {
	analysistest.Run(t, analysistest.TestData(), exitoutsidemain.Rule.Analyzer, "a", "program")
}
