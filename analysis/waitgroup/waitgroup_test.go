package waitgroup_test

import (
	"testing"

	"golang.org/x/tools/go/analysis/analysistest"

	"github.com/backstop-go/backstop/analysis/waitgroup"
)

func Test(t *testing.T) {
	analysistest.Run(t, analysistest.TestData(), waitgroup.Rule.Analyzer, "a")
}
