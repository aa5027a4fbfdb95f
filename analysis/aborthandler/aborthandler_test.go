package aborthandler_test

import (
	"path/filepath"
	"testing"

	"golang.org/x/tools/go/analysis/analysistest"

	"github.com/backstop-go/backstop/analysis/aborthandler"
)

func Test(t *testing.T) {
	analysistest.Run(t, analysistest.TestData(), aborthandler.Rule.Analyzer, "a", "b", "variants")

	// What handlers do right is right for both rules.
	shared, err := filepath.Abs(filepath.Join("..", "handlerspawn", "testdata"))
	if err != nil {
		t.Fatal(err)
	}
	analysistest.Run(t, shared, aborthandler.Rule.Analyzer, "right")
}
