package panicnonerror_test

import (
	"testing"

	"github.com/backstop-go/backstop/analysis/internal/ruletest"
	"github.com/backstop-go/backstop/analysis/panicnonerror"
)

func Test(t *testing.T) {
	ruletest.Run(t, panicnonerror.Rule, "a", "prog")
}
