package timerinloop_test

import (
	"path/filepath"
	"testing"

	"golang.org/x/tools/go/analysis/analysistest"

	"github.com/backstop-go/backstop/analysis/timerinloop"
)

func TestOldGoLine(t *testing.T) {
	analysistest.Run(t, filepath.Join(analysistest.TestData(), "old"), timerinloop.Rule.Analyzer, "./...")
}

func TestGoLineFrom123(t *testing.T) {
	analysistest.Run(t, filepath.Join(analysistest.TestData(), "new"), timerinloop.Rule.Analyzer, "./...")
}
