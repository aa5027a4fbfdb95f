package recoverswallow_test

import (
	"testing"

	"golang.org/x/tools/go/analysis/analysistest"

	"github.com/backstop-go/backstop/analysis/recoverswallow"
)

func Test(t *testing.T) {
	analysistest.Run(t, analysistest.TestData(), recoverswallow.Rule.Analyzer, "a", "b")
}
