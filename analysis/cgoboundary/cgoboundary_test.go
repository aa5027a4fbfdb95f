package cgoboundary_test

import (
	"os"
	"os/exec"
	"testing"

	"golang.org/x/tools/go/analysis/analysistest"

	"github.com/backstop-go/backstop/analysis/cgoboundary"
)

func Test(t *testing.T) {
	if _, err := exec.LookPath("gcc"); err != nil {
		if os.Getenv("BACKSTOP_REQUIRE_ALL") != "" {
			t.Fatal("no C compiler")
		}
		t.Skip("no C compiler: cgo cannot run")
	}
	analysistest.Run(t, analysistest.TestData(), cgoboundary.Rule.Analyzer, "a")
}
