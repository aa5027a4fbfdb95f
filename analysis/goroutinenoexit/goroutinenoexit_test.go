package goroutinenoexit_test

import (
	"testing"

	"github.com/backstop-go/backstop/analysis/goroutinenoexit"
	"github.com/backstop-go/backstop/analysis/internal/ruletest"
)

func Test(t *testing.T) {
	ruletest.Run(t, goroutinenoexit.Rule, "a")
}
