// Package driver runs rules over the packages of a program, and remembers what
// it found.
//
// Start with [Run]. The go command lists the packages and builds export data of
// what they import; each package is checked against that, so that the sources of
// two packages are never in memory for the sake of a third. Facts, findings and
// what collectors gather are kept on disk by key. What cannot be read is a
// [Problem], and what surrounds it is read all the same.
//
// The driver does not analyze the standard library: models and tables tell of it.
package driver

import (
	"context"
	"fmt"
	"go/token"
	"runtime"

	"golang.org/x/tools/go/analysis"

	"github.com/backstop-go/backstop/analysis/rule"
)

// A Config says what to look at and what to look for. The zero value of a field
// is a sensible default.
type Config struct {
	Dir      string   // where the go command runs; the working directory by default
	Patterns []string // as the go command has them; "." by default
	Env      []string // of the go command; the environment by default
	Flags    []string // of the go command: -tags=..., -mod=vendor
	Tests    bool     // files of tests, too

	Rules    []*rule.Rule
	Collect  []Collector
	Cache    string // a directory, made when missing; nothing is kept when empty
	Key      string // more that the results depend on: the contents of a model file
	Parallel int    // packages at a time; GOMAXPROCS by default

	// Progress is told of each package that is done, from one goroutine at a time.
	Progress func(done, total int, path string)
}

// A Collector is an analyzer whose result is kept for each package, as bytes.
type Collector struct {
	Name     string
	Analyzer *analysis.Analyzer
	Deps     bool // of dependencies, too; of the standard library never
	Encode   func(fset *token.FileSet, result any) ([]byte, error)
}

// A Place is a position in a file, and what is there.
type Place struct {
	File    string // relative to Config.Dir when that is shorter
	Line    int
	Column  int // in bytes, from 1
	Message string
}

// An Edit replaces the bytes from Start to End of a file.
type Edit struct {
	File       string
	Start, End int // offsets in bytes
	New        string
}

// A Fix is one way to mend a finding.
type Fix struct {
	Message string
	Edits   []Edit
}

// A Finding is a [rule.Finding] with its positions told in words.
type Finding struct {
	Rule string
	Tier rule.Tier
	Place
	EndLine, EndColumn int // 0 when not known
	Go                 map[string]rule.Verdict
	Path, Related      []Place
	Fixes              []Fix
	Ignored            string // the reason a directive gives
	Generated          bool   // in a generated file
	Package            string // import path
}

// A Problem is something that could not be read.
type Problem struct {
	Place
	Package string
	Lost    bool // code was not read because of it
}

// An Ignore is one //backstop:ignore comment.
type Ignore struct {
	Rule, Reason string
	For          int // the line that it is for
	Spaced       bool
	Place
}

// A Package is what was found in one package.
type Package struct {
	ID        string // the import path, and which test it is built for
	Path      string
	Module    string
	Target    bool // a pattern names it; the rest are dependencies
	Lines     int  // in its files, generated ones excluded; of targets only
	Findings  []Finding
	Problems  []Problem
	Ignores   []Ignore
	Collected map[string][]byte // by name of the collector
	Imports   []string          // IDs of packages that were analyzed, too
}

// A Result is what a run found.
type Result struct {
	Packages []*Package // targets and, when a collector asks for them, dependencies; in an order in which imports stand first
	Problems []Problem  // of the listing: patterns that match nothing, modules that are missing
	Cached   int        // packages that had not changed
	Analyzed int        // packages that had
}

// Run lists the packages, analyzes what has changed, and returns what is known of
// all. The error is of the whole run: no go command, no packages, a cancelled
// context. Trouble with single packages is in the result.
func Run(ctx context.Context, cfg Config) (*Result, error) {
	if cfg.Parallel <= 0 {
		cfg.Parallel = runtime.GOMAXPROCS(0)
	}
	if len(cfg.Patterns) == 0 {
		cfg.Patterns = []string{"."}
	}
	plan, err := newPlan(&cfg)
	if err != nil {
		return nil, err
	}
	prog, err := list(ctx, &cfg)
	if err != nil {
		return nil, err
	}
	r := &run{cfg: &cfg, plan: plan, prog: prog, cache: openCache(cfg.Cache)}
	r.keys()
	if err := r.all(ctx); err != nil {
		return nil, err
	}
	r.cache.trim()
	return r.result(), nil
}

// A plan is which analyzers run where.
type plan struct {
	targets      []*analysis.Analyzer // on packages that patterns name
	deps         []*analysis.Analyzer // on the others: those that make facts, collectors
	rules        map[*analysis.Analyzer]*rule.Rule
	collectsDeps bool
	id           string // names and flags, for keys
}

func newPlan(cfg *Config) (*plan, error) {
	p := &plan{rules: make(map[*analysis.Analyzer]*rule.Rule)}
	for _, r := range cfg.Rules {
		p.targets = append(p.targets, r.Analyzer)
		p.rules[r.Analyzer] = r
	}
	for _, c := range cfg.Collect {
		p.targets = append(p.targets, c.Analyzer)
		if c.Deps {
			p.deps = append(p.deps, c.Analyzer)
			p.collectsDeps = true
		}
		p.id += fmt.Sprintf("collect %s %v\n", c.Name, c.Deps)
	}
	if err := analysis.Validate(p.targets); err != nil {
		return nil, err
	}
	seen := make(map[*analysis.Analyzer]bool)
	var visit func(a *analysis.Analyzer)
	visit = func(a *analysis.Analyzer) {
		if seen[a] {
			return
		}
		seen[a] = true
		p.id += a.Name + flagValues(a) + "\n"
		registerFacts(a)
		if len(a.FactTypes) > 0 {
			p.deps = append(p.deps, a)
		}
		for _, r := range a.Requires {
			visit(r)
		}
	}
	for _, a := range p.targets {
		visit(a)
	}
	return p, nil
}
