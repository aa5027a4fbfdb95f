package handlerspawn_test

import (
	"testing"

	"github.com/backstop-go/backstop/analysis/handlerspawn"
	"github.com/backstop-go/backstop/analysis/internal/ruletest"
)

func Test(t *testing.T) {
	ruletest.Run(t, handlerspawn.Rule, "a", "variants", "right")
}
