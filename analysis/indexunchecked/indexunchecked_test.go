package indexunchecked_test

import (
	"testing"

	"github.com/backstop-go/backstop/analysis/indexunchecked"
	"github.com/backstop-go/backstop/analysis/internal/ruletest"
)

func Test(t *testing.T) {
	ruletest.Run(t, indexunchecked.Rule, "a", "good", "kernel")
}
