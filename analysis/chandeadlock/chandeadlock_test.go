package chandeadlock_test

import (
	"testing"

	"golang.org/x/tools/go/analysis/analysistest"

	"github.com/backstop-go/backstop/analysis/chandeadlock"
)

func Test(t *testing.T) {
	analysistest.Run(t, analysistest.TestData(), chandeadlock.Rule.Analyzer, "a")
}
