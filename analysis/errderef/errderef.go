// Package errderef holds the rule err-deref.
package errderef

import (
	"fmt"
	"strings"

	"golang.org/x/tools/go/ssa"

	"github.com/backstop-go/backstop/analysis/nilness"
	"github.com/backstop-go/backstop/analysis/rule"
)

// Rule reports results that are used where the error beside them has not been
// checked, or has been found.
var Rule = rule.New(rule.Rule{
	ID:   "err-deref",
	Tier: rule.TierA,
	Doc: rule.Doc{
		Summary: "a result is used before its error is checked, or although there is one",
		Why: `A function that fails returns nil beside the error. A method call, a field or a load
on that nil panics with "invalid memory address or nil pointer dereference", and it
does so when something else is broken already: the network, a file, an input. The
same holds for what a lookup or an assertion returns beside false.`,
		Bad:  "resp, err := http.Get(url)\ndefer resp.Body.Close()\nif err != nil {\n\treturn err\n}",
		Good: "resp, err := http.Get(url)\nif err != nil {\n\treturn err\n}\ndefer resp.Body.Close()",
		LeftAlone: []string{
			"methods that accept a nil receiver: Close of the *os.File that os.Open did not open returns an error",
			"results that are valid beside an error, as the code of the function shows: the response of a redirect that was refused",
			"an error that is handled by a function that does not return: log.Fatal, t.Fatal, a helper that panics",
			"url.Parse, http.NewRequest, regexp.Compile with constants that are right: they cannot fail",
			"checks through another variable, a wrapped error, a flag or a list of errors: whoever wrote it thought of the error",
			"results whose own nil is checked",
			"functions that nobody can read, methods of interfaces and function values, when their error is dropped",
		},
		Scenarios: []string{"nil-deref", "nil-iface-method"},
	},
}, run, nilness.Analyzer)

func run(pass *rule.Pass) error {
	facts := pass.ResultOf[nilness.Analyzer].(*nilness.Facts)
	reported := make(map[ssa.Instruction]bool)
	for _, fn := range facts.Behaviour.Funcs {
		facts.Origins(fn, func(o nilness.Origin) {
			for _, s := range facts.Follow(o) {
				if reported[s.At] || !mine(o, s) {
					continue
				}
				reported[s.At] = true
				f := rule.Finding{Pos: s.At.Pos(), Message: message(o, s)}
				if o.From != nil {
					f.Related = []rule.Place{{Pos: o.From.Pos(), Message: "here it is returned"}}
				}
				pass.Report(f)
			}
		})
	}
	return nil
}

func mine(o nilness.Origin, s nilness.Sink) bool {
	if !s.At.Pos().IsValid() || s.Use == nilness.Call || s.Use == nilness.MapWrite {
		return false
	}
	return o.Kind != nilness.Free && !(o.Some && s.Sure)
}

func message(o nilness.Origin, s nilness.Sink) string {
	what := "what " + short(o.Told) + " returned"
	if o.Told == "" {
		what = "the result of the call"
	}
	use := "used"
	switch {
	case s.Use == nilness.Argument:
		use = fmt.Sprintf("given to %s, which dereferences it", s.Name)
	case s.Name != "":
		use = "used for " + s.Name
	}
	tell := "its error is nil"
	if o.Kind == nilness.OnFalse {
		tell = "the bool beside it is true"
	}
	switch {
	case s.Sure:
		return fmt.Sprintf("%s is %s on the path where it is nil, which panics; return before, or use it only if %s", what, use, tell)
	case o.Tell == nil:
		return fmt.Sprintf("%s is %s, and nothing asks before whether %s; it panics when it is nil", what, use, tell)
	}
	return fmt.Sprintf("%s is %s before anybody has checked that %s, and panics when it is nil", what, use, tell)
}

// short is the name of a function without the path of its package.
func short(name string) string {
	if strings.HasPrefix(name, "the ") {
		return name
	}
	if i := strings.LastIndexByte(name, '/'); i >= 0 {
		prefix := ""
		if strings.HasPrefix(name, "(*") {
			prefix = "(*"
		} else if strings.HasPrefix(name, "(") {
			prefix = "("
		}
		return prefix + name[i+1:]
	}
	return name
}
