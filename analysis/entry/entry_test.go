package entry_test

import (
	"testing"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/analysistest"

	"github.com/backstop-go/backstop/analysis/entry"
)

var reporter = &analysis.Analyzer{
	Name:     "listentries",
	Doc:      "report every entry",
	Requires: []*analysis.Analyzer{entry.Analyzer},
	Run: func(pass *analysis.Pass) (any, error) {
		entries := pass.ResultOf[entry.Analyzer].(*entry.Entries)
		for _, e := range entries.List {
			name := "unknown"
			if e.Target != nil {
				name = e.Target.Name()
			}
			pass.Reportf(e.Pos, "%s %s guard=%s", e.Kind, name, e.Guard)
		}
		for _, fn := range entries.SSA.SrcFuncs {
			if t := entries.Request(fn); t != nil && len(t.Calls) > 0 {
				pass.Reportf(fn.Pos(), "request after %d calls", len(t.Calls))
			}
		}
		return nil, nil
	},
}

func Test(t *testing.T) {
	analysistest.Run(t, analysistest.TestData(), reporter, "a")
}
