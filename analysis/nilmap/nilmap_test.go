package nilmap_test

import (
	"testing"

	"golang.org/x/tools/go/analysis/analysistest"

	"github.com/backstop-go/backstop/analysis/nilmap"
)

func Test(t *testing.T) {
	analysistest.Run(t, analysistest.TestData(), nilmap.Rule.Analyzer, "a", "b", "variants", "right")
}
