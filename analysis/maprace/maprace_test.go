package maprace_test

import (
	"testing"

	"golang.org/x/tools/go/analysis/analysistest"

	"github.com/backstop-go/backstop/analysis/maprace"
)

func Test(t *testing.T) {
	analysistest.Run(t, analysistest.TestData(), maprace.Rule.Analyzer, "a")
}
