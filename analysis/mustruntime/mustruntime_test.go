package mustruntime_test

import (
	"testing"

	"golang.org/x/tools/go/analysis/analysistest"

	"github.com/backstop-go/backstop/analysis/mustruntime"
)

func Test(t *testing.T) {
	analysistest.Run(t, analysistest.TestData(), mustruntime.Rule.Analyzer, "a")
}
