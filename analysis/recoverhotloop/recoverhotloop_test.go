package recoverhotloop_test

import (
	"testing"

	"golang.org/x/tools/go/analysis/analysistest"

	"github.com/backstop-go/backstop/analysis/recoverhotloop"
)

func Test(t *testing.T) {
	analysistest.Run(t, analysistest.TestData(), recoverhotloop.Rule.Analyzer, "a", "b")
}
