package goroutinecontext_test

import (
	"testing"

	"golang.org/x/tools/go/analysis/analysistest"

	"github.com/backstop-go/backstop/analysis/goroutinecontext"
)

func Test(t *testing.T) {
	analysistest.Run(t, analysistest.TestData(), goroutinecontext.Rule.Analyzer, "a")
}
