package chanclose_test

import (
	"testing"

	"golang.org/x/tools/go/analysis/analysistest"

	"github.com/backstop-go/backstop/analysis/chanclose"
)

func Test(t *testing.T) {
	analysistest.Run(t, analysistest.TestData(), chanclose.Rule.Analyzer, "a")
}
