package mutexmisuse_test

import (
	"testing"

	"github.com/backstop-go/backstop/analysis/internal/ruletest"
	"github.com/backstop-go/backstop/analysis/mutexmisuse"
)

func Test(t *testing.T) {
	ruletest.Run(t, mutexmisuse.Rule, "a")
}
