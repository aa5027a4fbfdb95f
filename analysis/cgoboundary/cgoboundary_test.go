package cgoboundary_test

import (
	"testing"

	"github.com/backstop-go/backstop/analysis/cgoboundary"
	"github.com/backstop-go/backstop/analysis/internal/need"
	"github.com/backstop-go/backstop/analysis/internal/ruletest"
)

func Test(t *testing.T) {
	need.Cgo(t)
	ruletest.Run(t, cgoboundary.Rule, "a")
}
