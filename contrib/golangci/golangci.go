// Package golangci makes the rules of backstop vet a linter of golangci-lint, by
// its module plugin system. Importing it is enough: it registers the linter
// "backstop". What to write into .custom-gcl.yml and .golangci.yml is told in
// docs/vet.md.
//
// Tiers, verdicts for each release and baselines are those of backstop vet;
// golangci-lint knows findings and its own exclusions.
package golangci

import (
	"fmt"
	"strings"

	"github.com/golangci/plugin-module-register/register"
	"golang.org/x/tools/go/analysis"

	"github.com/backstop-go/backstop/analysis/behaviour"
	"github.com/backstop-go/backstop/analysis/rules"
)

func init() { register.Plugin(Name, New) }

// Name is what the linter is called in .golangci.yml.
const Name = "backstop"

// Settings are what stands below linters.settings.custom.backstop.settings.
type Settings struct {
	// Rules are rules, tiers and profiles, as backstop vet -rules takes them;
	// tiers A and B when empty.
	Rules []string `json:"rules"`
	// Go are the releases that guards have to work on: ["1.25", "1.26"]; all
	// that are known when empty.
	Go []string `json:"go"`
	// Model is a file that tells of functions nobody reads, relative to the
	// directory golangci-lint runs in; none when empty.
	Model string `json:"model"`
}

// New makes the linter of its settings. An unknown rule, or a model that cannot
// be read, is an error.
func New(settings any) (register.LinterPlugin, error) {
	s, err := register.DecodeSettings[Settings](settings)
	if err != nil {
		return nil, err
	}
	chosen, err := rules.Select(strings.Join(s.Rules, ","))
	if err != nil {
		return nil, fmt.Errorf("backstop: rules: %w", err)
	}
	if err := behaviour.Analyzer.Flags.Set("model", s.Model); err != nil {
		return nil, err
	}
	if _, err := behaviour.LoadModel(); err != nil {
		return nil, fmt.Errorf("backstop: model: %w", err)
	}
	if r, ok := rules.Find("recover-depth"); ok && len(s.Go) > 0 {
		if err := r.Analyzer.Flags.Set("go", strings.Join(s.Go, ",")); err != nil {
			return nil, fmt.Errorf("backstop: go: %w", err)
		}
	}
	return linter{rules.Analyzers(chosen.Rules)}, nil
}

type linter struct {
	analyzers []*analysis.Analyzer
}

// BuildAnalyzers implements [register.LinterPlugin].
func (l linter) BuildAnalyzers() ([]*analysis.Analyzer, error) { return l.analyzers, nil }

// GetLoadMode implements [register.LinterPlugin].
func (l linter) GetLoadMode() string { return register.LoadModeTypesInfo }
