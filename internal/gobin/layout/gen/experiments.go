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
		names, err := experimentNames(release)
		if err != nil {
			return err
		}
		t.experiments[release] = nil
		for _, name := range names {
			for _, x := range []string{name, "no" + name} {
				same, err := t.unchanged(release, x)
				if err != nil {
					log.Printf("%s, GOEXPERIMENT=%s: %v", release, x, err) // is not for this machine
					continue
				}
				log.Printf("%s, GOEXPERIMENT=%s: %s", release, x, same)
				if same == "" {
					t.experiments[release] = append(t.experiments[release], x)
				}
			}
		}
	}
	return nil
}

// unchanged returns "" when an experiment changes nothing, otherwise what.
func (t *table) unchanged(release, experiment string) (string, error) {
	env := []string{"GOARCH=" + archs[0], "GOEXPERIMENT=" + experiment}
	differs, err := goCommand("", release, env, "env", "GOEXPERIMENT")
	if err != nil {
		return "", err
	}
	if differs != experiment {
		return fmt.Sprintf("it is as usual, or part of another: %q", differs), nil
	}
	types, err := build(release, env)
	if err != nil {
		return "", err
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

// experimentNames returns the experiments that a toolchain has: the fields of
// goexperiment.Flags, in lower case.
func experimentNames(toolchain string) ([]string, error) {
	f, err := source(toolchain, "internal/goexperiment/flags.go")
	if err != nil {
		return nil, err
	}
	var names []string
	ast.Inspect(f, func(n ast.Node) bool {
		spec, ok := n.(*ast.TypeSpec)
		if !ok || spec.Name.Name != "Flags" {
			return true
		}
		if s, ok := spec.Type.(*ast.StructType); ok {
			for _, field := range s.Fields.List {
				for _, name := range field.Names {
					if x := strings.ToLower(name.Name); !slices.Contains(unusual, x) {
						names = append(names, x)
					}
				}
			}
		}
		return false
	})
	if len(names) == 0 {
		return nil, fmt.Errorf("%s has no experiments in internal/goexperiment/flags.go", toolchain)
	}
	return names, nil
}
