package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/backstop-go/backstop/cmd/backstop/internal/labrun"
	"github.com/backstop-go/backstop/lab/scenario"
)

// list needs no toolchain: it shows what is declared.
func (f *labFlags) list(_ context.Context, std stdio, args []string) error {
	found, err := chosen(args)
	if err != nil {
		return err
	}
	if f.format == "json" {
		return listJSON(std.out, found)
	}
	style := f.style(std)
	tw := tabwriter.NewWriter(std.out, 0, 0, 2, ' ', 0)
	group := ""
	for _, s := range found {
		if s.Group != group {
			group = s.Group
			fmt.Fprintf(tw, "%s%s\n", style.Bold(scenario.Title(group)), style.Dim(" (group "+group+")"))
		}
		fmt.Fprintf(tw, "  %s\t%s\t%s%s\n", s.Name, s.Class, s.Shows, style.Dim(conditions(s)))
	}
	if err := tw.Flush(); err != nil {
		return err
	}
	scenarios := fmt.Sprintf("%d scenarios", len(found))
	if len(found) == 1 {
		scenarios = "1 scenario"
	}
	_, err = fmt.Fprintf(std.out, "\n%s. backstop lab run NAME shows what one does here.\n", scenarios)
	return err
}

// conditions says what a scenario needs, in brackets.
func conditions(s scenario.Scenario) string {
	var parts []string
	if s.Min > scenario.Oldest {
		parts = append(parts, fmt.Sprintf("from Go 1.%d", s.Min))
	}
	if s.Max > 0 {
		parts = append(parts, fmt.Sprintf("up to Go 1.%d", s.Max))
	}
	if needs := s.AllNeeds(); len(needs) > 0 {
		var words []string
		for _, n := range needs {
			words = append(words, string(n))
		}
		parts = append(parts, "needs "+strings.Join(words, ", "))
	}
	if len(parts) == 0 {
		return ""
	}
	return " (" + strings.Join(parts, "; ") + ")"
}

func listJSON(w io.Writer, found []scenario.Scenario) error {
	type entry struct {
		Scenario string          `json:"scenario"`
		Group    string          `json:"group"`
		Shows    string          `json:"shows"`
		Class    string          `json:"expected_class"`
		Min      string          `json:"from"`
		Max      string          `json:"to,omitempty"`
		Needs    []scenario.Need `json:"needs"`
		Program  string          `json:"program"`
		Env      []string        `json:"env,omitempty"`
		Lesson   string          `json:"lesson,omitempty"`
		Varies   string          `json:"varies,omitempty"`
	}
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	for _, s := range found {
		row := entry{
			Scenario: s.Name, Group: s.Group, Shows: s.Shows, Class: s.Class, Min: fmt.Sprintf("1.%d", s.Min),
			Needs: s.AllNeeds(), Program: s.Program, Env: s.Env, Lesson: s.Lesson, Varies: s.Varies,
		}
		if s.Max > 0 {
			row.Max = fmt.Sprintf("1.%d", s.Max)
		}
		if err := e.Encode(row); err != nil {
			return err
		}
	}
	return nil
}

// runScenarios shows each scenario in full.
func (f *labFlags) runScenarios(ctx context.Context, std stdio, args []string) error {
	if len(args) == 0 {
		return withHint(usageError("lab run: which scenario?"), "backstop lab list shows them; backstop lab matrix runs all")
	}
	if f.toolchains == "" {
		f.toolchains = labrun.Local()
	}
	rows, err := f.measure(ctx, std, args, f.toolchains, f.settings())
	if err != nil {
		return err
	}
	if f.format == "json" {
		err = labrun.WriteRows(std.out, rows)
	} else {
		err = labrun.WriteCards(std.out, rows, f.style(std))
	}
	if err != nil {
		return err
	}
	return ranAtAll(rows)
}

// matrix shows every scenario on every toolchain.
func (f *labFlags) matrix(ctx context.Context, std stdio, args []string) error {
	if f.write != "" && (len(args) > 0 || f.toolchains != "" || len(f.settings()) > 1 || len(f.env) > 0) {
		return withHint(usageError("lab matrix: -write wants everything: all scenarios, all toolchains, the default setting"), "leave patterns, -go, -go-line and -env away")
	}
	rows, err := f.measure(ctx, std, args, f.toolchains, f.settings())
	if err != nil {
		return err
	}
	if f.write != "" {
		if err := f.writeDocs(ctx, std, rows); err != nil {
			return err
		}
	}
	if err := f.show(std, rows); err != nil {
		return err
	}
	if err := ranAtAll(rows); err != nil {
		return err
	}
	// What is declared holds for the default setting. What disagrees is shown.
	byDefault := slices.DeleteFunc(slices.Clone(rows), func(r labrun.Row) bool { return r.Setting().Name() != "" })
	if labrun.Summarize(byDefault).Disagree > 0 {
		return &exitError{code: exitFail}
	}
	return nil
}

// writeDocs writes what is generated from a whole matrix, and from that of the
// local toolchain under other settings.
func (f *labFlags) writeDocs(ctx context.Context, std stdio, rows []labrun.Row) error {
	settings, err := f.measure(ctx, std, nil, labrun.Local(), append([]labrun.Setting{{}}, labrun.DocumentedSettings()...))
	if err != nil {
		return err
	}
	if err := labrun.WriteDocs(f.write, rows, settings); err != nil {
		return fmt.Errorf("write documents: %w", err)
	}
	return nil
}

// ranAtAll is an error where nothing could be run: a script must not take that for
// a result.
func ranAtAll(rows []labrun.Row) error {
	s := labrun.Summarize(rows)
	if s.Rows == 0 {
		return withHint(errors.New("lab: none of these scenarios is on these releases of Go"), "backstop lab list says from which release on one is there")
	}
	if s.NotRun == s.Rows {
		return withHint(errors.New("lab: nothing was run"), "each row says why")
	}
	return nil
}

func (f *labFlags) show(std stdio, rows []labrun.Row) error {
	switch f.format {
	case "json":
		return labrun.WriteRows(std.out, rows)
	case "markdown":
		return labrun.WriteMarkdown(std.out, rows)
	case "html":
		return labrun.WriteHTML(std.out, rows)
	}
	return labrun.WriteText(std.out, rows, f.style(std))
}

// measure lets scenarios happen, with progress on a terminal.
func (f *labFlags) measure(ctx context.Context, std stdio, patterns []string, toolchains string, settings []labrun.Setting) ([]labrun.Row, error) {
	scenarios, err := chosen(patterns)
	if err != nil {
		return nil, err
	}
	names, err := f.names(toolchains)
	if err != nil {
		return nil, err
	}
	l, progress, err := f.open(std)
	if err != nil {
		return nil, err
	}
	defer progress.clear()
	rows, err := l.Matrix(ctx, labrun.Plan{
		Toolchains: names, Scenarios: scenarios, Settings: settings,
		Progress: func(done, total int, _ *labrun.Row) { progress.count(done, total) },
	})
	if err != nil {
		return nil, fmt.Errorf("lab: %w", err)
	}
	return rows, nil
}
