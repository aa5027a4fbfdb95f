package guardlate_test

import (
	"testing"

	"golang.org/x/tools/go/analysis/analysistest"

	"github.com/backstop-go/backstop/analysis/guardlate"
)

func Test(t *testing.T) {
	analysistest.Run(t, analysistest.TestData(), guardlate.Rule.Analyzer, "a", "b")
}
