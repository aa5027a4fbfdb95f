package main

import (
	"fmt"
	"go/ast"
	"log"
	"slices"
	"strings"
)

// experimentsOf returns the experiments that a written table names.
func experimentsOf(text string) map[string][]string {
	all := map[string][]string{}
	for _, line := range strings.Split(text, "\n") {
		if cells := strings.Split(line, "\t"); cells[0] == "experiments" && len(cells) > 2 {
			all[cells[1]] = cells[2:]
		}
	}
	return all
}

// tryExperiments finds the experiments, and experiments turned off, with which
// nothing changes on the first architecture.
func (t *table) tryExperiments() error {
	for _, release := range t.releases {
		names, err := experimentsOn(release)
		if err != nil {
			return err
		}
		t.experiments[release] = nil
		for _, x := range names {
			same, err := t.unchanged(release, x)
			if err != nil {
				log.Printf("%s, GOEXPERIMENT=%s: %v", release, x, err) // it is not for this machine
				continue
			}
			log.Printf("%s, GOEXPERIMENT=%s: %q", release, x, same)
			if same == "" {
				t.experiments[release] = append(t.experiments[release], x)
			}
		}
	}
	return nil
}

// unchanged returns "" when an experiment changes nothing, otherwise what.
func (t *table) unchanged(release, experiment string) (string, error) {
	types, err := build(release, []string{"GOARCH=" + archs[0], "GOEXPERIMENT=" + experiment})
	if err != nil {
		return "", err
	}
	if _, set, _ := strings.Cut(types.version, "X:"); set != experiment {
		return fmt.Sprintf("a program calls itself %s", types.version), nil
	}
	c := column{"any": {}}
	if err := c.fill(archs[0], types); err != nil {
		return err.Error(), nil
	}
	return t.difference(release, c), nil
}

// unusual experiments are for work on the toolchain itself. Programs in
// production are not built with them.
var unusual = []string{
	"fieldtrack", "preemptibleloops", "staticlockranking", "regabiwrappers", "regabiargs", "pagetrace", "heapminimum512kib",
	"coverageredesign", "exectracer2", "allocheaders", "runtimefreegc", "mapsplitgroup", "range", "synchashtriemap",
}

// experimentsOn returns what may be set beside the usual: the fields of
// goexperiment.Flags in lower case, those that are usual with "no" in front.
func experimentsOn(toolchain string) ([]string, error) {
	flags, err := source(toolchain, "internal/goexperiment/flags.go")
	if err != nil {
		return nil, err
	}
	config, err := source(toolchain, "internal/buildcfg/exp.go")
	if err != nil {
		return nil, err
	}
	usual := map[string]bool{}
	ast.Inspect(config, func(n ast.Node) bool {
		if literal, ok := n.(*ast.CompositeLit); ok && isFlags(literal.Type) {
			for _, e := range literal.Elts {
				if pair, ok := e.(*ast.KeyValueExpr); ok {
					usual[nameOf(pair.Key)] = true
				}
			}
		}
		return true
	})
	var names []string
	ast.Inspect(flags, func(n ast.Node) bool {
		spec, ok := n.(*ast.TypeSpec)
		if !ok || spec.Name.Name != "Flags" {
			return true
		}
		s, ok := spec.Type.(*ast.StructType)
		for i := 0; ok && i < len(s.Fields.List); i++ {
			for _, field := range s.Fields.List[i].Names {
				switch x := nameOf(field); {
				case slices.Contains(unusual, x):
				case usual[x]:
					names = append(names, "no"+x)
				default:
					names = append(names, x)
				}
			}
		}
		return false
	})
	if len(names) == 0 || len(usual) == 0 {
		return nil, fmt.Errorf("%s has its experiments elsewhere than expected", toolchain)
	}
	return names, nil
}

func isFlags(typ ast.Expr) bool {
	s, ok := typ.(*ast.SelectorExpr)
	return ok && s.Sel.Name == "Flags"
}

// nameOf returns an identifier in lower case.
func nameOf(e ast.Expr) string {
	if id, ok := e.(*ast.Ident); ok {
		return strings.ToLower(id.Name)
	}
	return ""
}
