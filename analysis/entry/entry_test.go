package entry_test

import (
	"fmt"
	"testing"

	"github.com/backstop-go/backstop/analysis/entry"
	"github.com/backstop-go/backstop/analysis/internal/ruletest"
	"github.com/backstop-go/backstop/analysis/rule"
)

var reporter = rule.New(rule.Rule{ID: "list-entries", Tier: rule.TierA, Doc: rule.Doc{Summary: "every entry"}}, func(pass *rule.Pass) error {
	entries := pass.ResultOf[entry.Analyzer].(*entry.Entries)
	for _, e := range entries.List {
		name := "unknown"
		if e.Target != nil {
			name = e.Target.Name()
		}
		pass.Reportf(e.Pos, fmt.Sprintf("%s %s guard=%s", e.Kind, name, e.Guard))
	}
	for _, fn := range entries.SSA.SrcFuncs {
		if t := entries.Request(fn); t != nil && len(t.Calls) > 0 {
			pass.Reportf(fn.Pos(), fmt.Sprintf("request after %d calls", len(t.Calls)))
		}
	}
	return nil
}, entry.Analyzer)

func Test(t *testing.T) {
	ruletest.Run(t, reporter, "a")
}
