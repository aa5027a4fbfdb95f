package indexunchecked_test

import (
	"testing"

	"golang.org/x/tools/go/analysis/analysistest"

	"github.com/backstop-go/backstop/analysis/indexunchecked"
)

func Test(t *testing.T) {
	analysistest.Run(t, analysistest.TestData(), indexunchecked.Rule.Analyzer, "a", "good", "kernel")
}
