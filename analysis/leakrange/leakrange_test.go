package leakrange_test

import (
	"testing"

	"golang.org/x/tools/go/analysis/analysistest"

	"github.com/backstop-go/backstop/analysis/leakrange"
)

func Test(t *testing.T) {
	analysistest.Run(t, analysistest.TestData(), leakrange.Rule.Analyzer, "a")
}
