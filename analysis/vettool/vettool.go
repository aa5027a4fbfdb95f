// Package vettool lets a command be run by go vet -vettool.
package vettool

import (
	"slices"
	"strings"

	"golang.org/x/tools/go/analysis/unitchecker"

	"github.com/backstop-go/backstop/analysis/behaviour"
	"github.com/backstop-go/backstop/analysis/rule"
	"github.com/backstop-go/backstop/analysis/rules"
)

// Invoked reports whether the arguments are those of the go command: it asks for
// the version of the tool and for its flags, and then names one configuration
// for each package, with nothing but flags in front.
func Invoked(args []string) bool {
	if len(args) == 0 {
		return false
	}
	flags, last := args[:len(args)-1], args[len(args)-1]
	if last != "-V=full" && last != "-flags" && !strings.HasSuffix(last, ".cfg") {
		return false
	}
	return !slices.ContainsFunc(flags, func(a string) bool { return !strings.HasPrefix(a, "-") })
}

// Main checks one package as the go command wants. It runs the rules of tiers A
// and B, or those that flags name: -recoverdepth, -goroutinenoexit. It does not
// return.
func Main(args []string) {
	run := rules.Default()
	if slices.Contains(args, "-flags") || slices.ContainsFunc(rules.All(), func(r *rule.Rule) bool { return named(r, args) }) {
		run = rules.All()
	}
	// The flag -behaviour.model is that of an analyzer behind the rules.
	unitchecker.Main(append(rules.Analyzers(run), behaviour.Analyzer)...)
}

// named reports whether a flag turns the rule on or sets a flag of it.
func named(r *rule.Rule, args []string) bool {
	return slices.ContainsFunc(args, func(a string) bool {
		name, value, _ := strings.Cut(strings.TrimLeft(a, "-"), "=")
		name, _, dotted := strings.Cut(name, ".")
		return name == r.Analyzer.Name && (dotted || value != "false")
	})
}
