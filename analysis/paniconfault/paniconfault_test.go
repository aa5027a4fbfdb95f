package paniconfault_test

import (
	"testing"

	"golang.org/x/tools/go/analysis/analysistest"

	"github.com/backstop-go/backstop/analysis/paniconfault"
)

func Test(t *testing.T) {
	analysistest.Run(t, analysistest.TestData(), paniconfault.Rule.Analyzer, "a", "b", "m", "n", "o")
}
