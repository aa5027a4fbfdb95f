package leaksend_test

import (
	"testing"

	"golang.org/x/tools/go/analysis/analysistest"

	"github.com/backstop-go/backstop/analysis/leaksend"
)

func Test(t *testing.T) {
	analysistest.Run(t, analysistest.TestData(), leaksend.Rule.Analyzer, "a")
}
