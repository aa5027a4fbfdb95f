package panickingstdlibarg_test

import (
	"testing"

	"golang.org/x/tools/go/analysis/analysistest"

	"github.com/backstop-go/backstop/analysis/panickingstdlibarg"
)

func Test(t *testing.T) {
	analysistest.Run(t, analysistest.TestData(), panickingstdlibarg.Rule.Analyzer, "a", "good")
}
