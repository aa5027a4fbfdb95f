package paniconfault_test

import (
	"testing"

	"github.com/backstop-go/backstop/analysis/internal/ruletest"
	"github.com/backstop-go/backstop/analysis/paniconfault"
)

func Test(t *testing.T) {
	ruletest.Run(t, paniconfault.Rule, "a", "b", "m", "n", "o")
}
