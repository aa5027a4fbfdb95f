package timerinloop_test

import (
	"testing"

	"github.com/backstop-go/backstop/analysis/internal/ruletest"
	"github.com/backstop-go/backstop/analysis/timerinloop"
)

func TestOldGoLine(t *testing.T) {
	ruletest.RunIn(t, "testdata/old", timerinloop.Rule, ".")
}

func TestGoLineFrom123(t *testing.T) {
	ruletest.RunIn(t, "testdata/new", timerinloop.Rule, ".")
}
