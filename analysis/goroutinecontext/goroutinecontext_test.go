package goroutinecontext_test

import (
	"testing"

	"github.com/backstop-go/backstop/analysis/goroutinecontext"
	"github.com/backstop-go/backstop/analysis/internal/ruletest"
)

func Test(t *testing.T) {
	ruletest.Run(t, goroutinecontext.Rule, "a")
}
