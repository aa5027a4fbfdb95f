package panicnil_test

import (
	"testing"

	"github.com/backstop-go/backstop/analysis/internal/ruletest"
	"github.com/backstop-go/backstop/analysis/panicnil"
)

func Test(t *testing.T) {
	ruletest.Run(t, panicnil.Rule, "a")
}
