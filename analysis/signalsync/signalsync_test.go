package signalsync_test

import (
	"testing"

	"golang.org/x/tools/go/analysis/analysistest"

	"github.com/backstop-go/backstop/analysis/signalsync"
)

func Test(t *testing.T) {
	analysistest.Run(t, analysistest.TestData(), signalsync.Rule.Analyzer, "a", "hands")
}
