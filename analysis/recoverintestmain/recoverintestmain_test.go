package recoverintestmain_test

import (
	"testing"

	"golang.org/x/tools/go/analysis/analysistest"

	"github.com/backstop-go/backstop/analysis/recoverintestmain"
)

func Test(t *testing.T) {
	analysistest.Run(t, analysistest.TestData(), recoverintestmain.Rule.Analyzer, "a")
}
