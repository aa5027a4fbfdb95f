package thirdpartyunwrapped_test

import (
	"testing"

	"golang.org/x/tools/go/analysis/analysistest"

	"github.com/backstop-go/backstop/analysis/thirdpartyunwrapped"
)

func Test(t *testing.T) {
	analysistest.Run(t, analysistest.TestData(), thirdpartyunwrapped.Rule.Analyzer, "a")
}
