package goroutineunguarded_test

import (
	"testing"

	"golang.org/x/tools/go/analysis/analysistest"

	"github.com/backstop-go/backstop/analysis/goroutineunguarded"
)

func Test(t *testing.T) {
	analysistest.Run(t, analysistest.TestData(), goroutineunguarded.Rule.Analyzer, "a", "shapes")
}
