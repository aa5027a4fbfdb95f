// Package cxxthrow holds the rule cxx-throw.
package cxxthrow

import (
	"path/filepath"
	"slices"

	"github.com/backstop-go/backstop/analysis/rule"
)

// Rule reports functions of C++ that Go can call and that throw.
var Rule = rule.New(rule.Rule{
	ID:   "cxx-throw",
	Tier: rule.TierC,
	Doc: rule.Doc{
		Summary: `an extern "C" function of a cgo package throws`,
		Why: `Go has no frames that a C++ exception could be unwound through. An exception that
leaves an extern "C" function which Go has called ends in std::terminate: SIGABRT, and
no recover can do anything about it.

The rule reads text: it finds throw in the functions themselves, not in what they call.`,
		Bad:  "extern \"C\" int parse(const char *s) {\n  if (!s) throw std::invalid_argument(\"s\");\n  ...\n}",
		Good: "extern \"C\" int parse(const char *s) try {\n  ...\n} catch (...) {\n  return -1;\n}",
		LeftAlone: []string{
			"throw within try, whatever is caught: nearly all such code catches everything",
			"functions without extern \"C\": Go does not call them",
			"comments and strings",
		},
		Scenarios: []string{"cxx-throw", "cxx-caught", "cxx-noexcept"},
	},
}, run)

func run(pass *rule.Pass) error {
	for _, name := range pass.OtherFiles {
		if !slices.Contains([]string{".cc", ".cpp", ".cxx", ".C", ".hh", ".hpp", ".hxx", ".h"}, filepath.Ext(name)) {
			continue
		}
		text, err := pass.ReadFile(name)
		if err != nil {
			continue // the compiler will tell
		}
		found := throws(string(text))
		if len(found) == 0 {
			continue
		}
		file := pass.Fset.AddFile(name, -1, len(text))
		file.SetLinesForContent(text)
		for _, at := range found {
			pass.Reportf(file.Pos(at), `an exception that leaves an extern "C" function reaches Go and ends the process with SIGABRT; catch it in the function and return an error`)
		}
	}
	return nil
}
