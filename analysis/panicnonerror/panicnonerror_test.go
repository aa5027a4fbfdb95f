package panicnonerror_test

import (
	"testing"

	"golang.org/x/tools/go/analysis/analysistest"

	"github.com/backstop-go/backstop/analysis/panicnonerror"
)

func Test(t *testing.T) {
	analysistest.Run(t, analysistest.TestData(), panicnonerror.Rule.Analyzer, "a", "prog")
}
