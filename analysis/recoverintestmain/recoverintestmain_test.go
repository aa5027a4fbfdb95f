package recoverintestmain_test

import (
	"testing"

	"github.com/backstop-go/backstop/analysis/internal/ruletest"
	"github.com/backstop-go/backstop/analysis/recoverintestmain"
)

func Test(t *testing.T) {
	ruletest.Run(t, recoverintestmain.Rule, "a")
}
