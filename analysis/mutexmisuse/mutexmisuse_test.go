package mutexmisuse_test

import (
	"testing"

	"golang.org/x/tools/go/analysis/analysistest"

	"github.com/backstop-go/backstop/analysis/mutexmisuse"
)

func Test(t *testing.T) {
	analysistest.Run(t, analysistest.TestData(), mutexmisuse.Rule.Analyzer, "a")
}
