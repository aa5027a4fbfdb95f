package typeassert_test

import (
	"testing"

	"golang.org/x/tools/go/analysis/analysistest"

	"github.com/backstop-go/backstop/analysis/typeassert"
)

func Test(t *testing.T) {
	analysistest.Run(t, analysistest.TestData(), typeassert.Rule.Analyzer, "a", "shapes", "b")
}
