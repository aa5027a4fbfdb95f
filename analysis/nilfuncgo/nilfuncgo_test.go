package nilfuncgo_test

import (
	"testing"

	"golang.org/x/tools/go/analysis/analysistest"

	"github.com/backstop-go/backstop/analysis/nilfuncgo"
)

func Test(t *testing.T) {
	analysistest.Run(t, analysistest.TestData(), nilfuncgo.Rule.Analyzer, "a", "shapes")
}
