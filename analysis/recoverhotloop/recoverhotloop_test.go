package recoverhotloop_test

import (
	"testing"

	"github.com/backstop-go/backstop/analysis/internal/ruletest"
	"github.com/backstop-go/backstop/analysis/recoverhotloop"
)

func Test(t *testing.T) {
	ruletest.Run(t, recoverhotloop.Rule, "a", "b")
}
