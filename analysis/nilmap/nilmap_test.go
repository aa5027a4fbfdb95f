package nilmap_test

import (
	"testing"

	"github.com/backstop-go/backstop/analysis/internal/ruletest"
	"github.com/backstop-go/backstop/analysis/nilmap"
)

func Test(t *testing.T) {
	ruletest.Run(t, nilmap.Rule, "a", "b", "variants", "right")
}
