// Package load makes the summaries of packages and of all that they import, from
// source. It is for tests and for the table of the standard library; the command
// has a driver that works from export data.
package load

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/checker"
	"golang.org/x/tools/go/packages"

	"github.com/backstop-go/backstop/analysis/surface/summary"
)

// Packages loads packages and all that they import, with syntax.
func Packages(dir string, patterns ...string) ([]*packages.Package, error) {
	return PackagesFor(nil, dir, patterns...)
}

// PackagesFor is [Packages] with more in the environment: another platform.
func PackagesFor(env []string, dir string, patterns ...string) ([]*packages.Package, error) {
	roots, err := packages.Load(&packages.Config{
		Dir: dir, Env: append(os.Environ(), env...), Mode: packages.LoadAllSyntax | packages.NeedModule,
	}, patterns...)
	if err != nil {
		return nil, fmt.Errorf("load %v: %w", patterns, err)
	}
	var broken error
	packages.Visit(roots, nil, func(p *packages.Package) {
		for _, e := range p.Errors {
			broken = errors.Join(broken, e)
		}
	})
	return roots, broken
}

// Summaries summarises the packages and those that they import, as far as want
// wants them; without want the packages only.
func Summaries(roots []*packages.Package, want func(*packages.Package) bool) ([]*summary.Summary, error) {
	all := roots
	if want != nil {
		all = nil
		packages.Visit(roots, nil, func(p *packages.Package) {
			if want(p) {
				all = append(all, p)
			}
		})
	}
	graph, err := checker.Analyze([]*analysis.Analyzer{summary.Analyzer}, all, nil)
	if err != nil {
		return nil, fmt.Errorf("analyze: %w", err)
	}
	var found []*summary.Summary
	for _, act := range graph.Roots {
		if act.Err != nil {
			return nil, fmt.Errorf("summarise %s: %w", act.Package.PkgPath, act.Err)
		}
		found = append(found, act.Result.(*summary.Summary))
	}
	return found, nil
}
