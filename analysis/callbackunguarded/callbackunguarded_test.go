package callbackunguarded_test

import (
	"testing"

	"golang.org/x/tools/go/analysis/analysistest"

	"github.com/backstop-go/backstop/analysis/callbackunguarded"
)

func Test(t *testing.T) {
	analysistest.Run(t, analysistest.TestData(), callbackunguarded.Rule.Analyzer, "a", "b", "kept", "registry", "sched")
}
