// Package rules lists every rule of backstop vet.
package rules

import (
	"slices"
	"strings"

	"golang.org/x/tools/go/analysis"

	"github.com/backstop-go/backstop/analysis/aborthandler"
	"github.com/backstop-go/backstop/analysis/allocuntrusted"
	"github.com/backstop-go/backstop/analysis/callbackunguarded"
	"github.com/backstop-go/backstop/analysis/cgoboundary"
	"github.com/backstop-go/backstop/analysis/chanclose"
	"github.com/backstop-go/backstop/analysis/cxxthrow"
	"github.com/backstop-go/backstop/analysis/dupregistration"
	"github.com/backstop-go/backstop/analysis/errderef"
	"github.com/backstop-go/backstop/analysis/exitoutsidemain"
	"github.com/backstop-go/backstop/analysis/exitskipsdefer"
	"github.com/backstop-go/backstop/analysis/goroutinecontext"
	"github.com/backstop-go/backstop/analysis/goroutineunguarded"
	"github.com/backstop-go/backstop/analysis/guardlate"
	"github.com/backstop-go/backstop/analysis/guardorder"
	"github.com/backstop-go/backstop/analysis/handlerpanic"
	"github.com/backstop-go/backstop/analysis/handlerspawn"
	"github.com/backstop-go/backstop/analysis/indexunchecked"
	"github.com/backstop-go/backstop/analysis/mustruntime"
	"github.com/backstop-go/backstop/analysis/mutexmisuse"
	"github.com/backstop-go/backstop/analysis/nilfuncgo"
	"github.com/backstop-go/backstop/analysis/nilmap"
	"github.com/backstop-go/backstop/analysis/panickingstdlibarg"
	"github.com/backstop-go/backstop/analysis/panicnil"
	"github.com/backstop-go/backstop/analysis/panicnonerror"
	"github.com/backstop-go/backstop/analysis/paniconfault"
	"github.com/backstop-go/backstop/analysis/recoverbuiltindeferred"
	"github.com/backstop-go/backstop/analysis/recoverdepth"
	"github.com/backstop-go/backstop/analysis/recovereagerarg"
	"github.com/backstop-go/backstop/analysis/recoverhotloop"
	"github.com/backstop-go/backstop/analysis/recoverintestmain"
	"github.com/backstop-go/backstop/analysis/recovernostack"
	"github.com/backstop-go/backstop/analysis/recovernotdeferred"
	"github.com/backstop-go/backstop/analysis/recoverswallow"
	"github.com/backstop-go/backstop/analysis/recoveruncheckedassert"
	"github.com/backstop-go/backstop/analysis/repanicstacklost"
	"github.com/backstop-go/backstop/analysis/repanicunconditional"
	"github.com/backstop-go/backstop/analysis/rule"
	"github.com/backstop-go/backstop/analysis/signalsync"
	"github.com/backstop-go/backstop/analysis/thirdpartyunwrapped"
	"github.com/backstop-go/backstop/analysis/timerinloop"
	"github.com/backstop-go/backstop/analysis/typeassert"
	"github.com/backstop-go/backstop/analysis/unboundedrecursion"
	"github.com/backstop-go/backstop/analysis/waitgroup"
)

// all is in the order of the catalogue; add a line for a new rule.
var all = []*rule.Rule{
	aborthandler.Rule,
	allocuntrusted.Rule,
	callbackunguarded.Rule,
	cgoboundary.Rule,
	chanclose.Rule,
	cxxthrow.Rule,
	dupregistration.Rule,
	errderef.Rule,
	exitoutsidemain.Rule,
	exitskipsdefer.Rule,
	goroutinecontext.Rule,
	goroutineunguarded.Rule,
	guardlate.Rule,
	guardorder.Rule,
	handlerpanic.Rule,
	handlerspawn.Rule,
	indexunchecked.Rule,
	mustruntime.Rule,
	mutexmisuse.Rule,
	nilfuncgo.Rule,
	nilmap.Rule,
	panickingstdlibarg.Rule,
	panicnil.Rule,
	panicnonerror.Rule,
	paniconfault.Rule,
	recoverbuiltindeferred.Rule,
	recoverdepth.Rule,
	recovereagerarg.Rule,
	recoverhotloop.Rule,
	recoverintestmain.Rule,
	recovernostack.Rule,
	recovernotdeferred.Rule,
	recoverswallow.Rule,
	recoveruncheckedassert.Rule,
	repanicstacklost.Rule,
	repanicunconditional.Rule,
	signalsync.Rule,
	thirdpartyunwrapped.Rule,
	timerinloop.Rule,
	typeassert.Rule,
	unboundedrecursion.Rule,
	waitgroup.Rule,
}

// All returns every rule, those that are off by default included, sorted by ID.
func All() []*rule.Rule {
	sorted := slices.Concat(all, concurrent)
	slices.SortFunc(sorted, func(a, b *rule.Rule) int { return strings.Compare(a.ID, b.ID) })
	return sorted
}

// Default returns the rules that run when none are named: tiers A and B.
func Default() []*rule.Rule {
	return slices.DeleteFunc(All(), func(r *rule.Rule) bool { return r.Tier == rule.TierC })
}

// Find returns the rule with the identifier.
func Find(id string) (*rule.Rule, bool) {
	for _, r := range All() {
		if r.ID == id {
			return r, true
		}
	}
	return nil, false
}

// Analyzers returns what drivers of go/analysis run: the analyzers of the rules.
func Analyzers(rules []*rule.Rule) []*analysis.Analyzer {
	list := make([]*analysis.Analyzer, len(rules))
	for i, r := range rules {
		list[i] = r.Analyzer
	}
	return list
}
