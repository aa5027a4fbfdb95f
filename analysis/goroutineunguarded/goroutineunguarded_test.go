package goroutineunguarded_test

import (
	"testing"

	"github.com/backstop-go/backstop/analysis/goroutineunguarded"
	"github.com/backstop-go/backstop/analysis/internal/ruletest"
)

func Test(t *testing.T) {
	ruletest.Run(t, goroutineunguarded.Rule, "a", "shapes")
}
