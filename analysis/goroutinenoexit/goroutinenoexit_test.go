package goroutinenoexit_test

import (
	"testing"

	"golang.org/x/tools/go/analysis/analysistest"

	"github.com/backstop-go/backstop/analysis/goroutinenoexit"
)

func Test(t *testing.T) {
	analysistest.Run(t, analysistest.TestData(), goroutinenoexit.Rule.Analyzer, "a")
}
