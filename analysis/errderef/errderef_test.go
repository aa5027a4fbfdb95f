package errderef_test

import (
	"testing"

	"golang.org/x/tools/go/analysis/analysistest"

	"github.com/backstop-go/backstop/analysis/errderef"
)

func Test(t *testing.T) {
	analysistest.Run(t, analysistest.TestData(), errderef.Rule.Analyzer, "a", "b", "variants", "right")
}
