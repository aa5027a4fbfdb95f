package main

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/backstop-go/backstop/cmd/backstop/internal/labrun"
	"github.com/backstop-go/backstop/cmd/backstop/internal/labrun/explain"
	"github.com/backstop-go/backstop/lab/scenario"
)

// explain shows a scenario from inside, on one toolchain, or what changed
// between two.
func (f *labFlags) explain(ctx context.Context, std stdio, args []string) error {
	s, err := f.explained(args)
	if err != nil {
		return err
	}
	names, err := f.explainedOn()
	if err != nil {
		return err
	}
	settings := f.settings()
	if len(settings) > 1 {
		return withHint(usageError("explain: one setting at a time"), "give -go-line and -env once each")
	}
	toolchains := make([]labrun.Toolchain, len(names))
	for i, name := range names {
		if toolchains[i], err = labrun.FindToolchain(ctx, name); err != nil {
			return withHint(err, "the go command downloads a toolchain once; without a network only installed ones can be used")
		}
		if !s.On(toolchains[i].Minor) {
			return withHint(fmt.Errorf("%s is not on Go 1.%d", s.Name, toolchains[i].Minor), "%s", releases(&s))
		}
	}
	l, progress, err := f.open(std)
	if err != nil {
		return err
	}
	defer progress.clear()
	all := make([]*explain.Explanation, len(toolchains))
	for i, t := range toolchains {
		if all[i], err = explain.Make(ctx, l, t, s, settings[0]); err != nil {
			return err
		}
	}
	progress.clear()
	if len(all) == 2 {
		return f.writeComparison(std, explain.Compare(all[0], all[1]))
	}
	if len(f.answer) > 0 {
		return f.checkAnswers(std, all[0])
	}
	return f.writeExplanation(std, all[0])
}

// explained finds the one scenario that was named.
func (f *labFlags) explained(args []string) (scenario.Scenario, error) {
	if len(args) != 1 {
		return scenario.Scenario{}, withHint(usageError("explain: want one scenario"), "backstop lab explain send-closed-chan; backstop lab list shows them all")
	}
	s, err := scenario.Find(args[0])
	if err == nil {
		return s, nil
	}
	err = usageError("there is no scenario %q", args[0])
	if near := nearestScenarios(args[0]); len(near) > 0 {
		return s, withHint(err, "did you mean %s? backstop lab list shows them all", strings.Join(near, ", "))
	}
	return s, withHint(err, "backstop lab list shows them all")
}

// nearestScenarios are those with the fewest edits, or with the word in them;
// nothing is near a pattern.
func nearestScenarios(name string) []string {
	if strings.Contains(name, "*") {
		return nil
	}
	name = strings.ToLower(name)
	best, near := min(max(3, len(name)/3), len(name)/2)+1, []string(nil)
	var with []string
	for _, s := range scenario.All() {
		switch d := editDistance(name, s.Name); {
		case d < best:
			best, near = d, []string{s.Name}
		case d == best && len(near) > 0:
			near = append(near, s.Name)
		}
		if len(name) > 2 && strings.Contains(s.Name, name) {
			with = append(with, s.Name)
		}
	}
	for _, n := range with {
		if !slices.Contains(near, n) {
			near = append(near, n)
		}
	}
	return near[:min(len(near), 4)]
}

func (f *labFlags) explainedOn() ([]string, error) {
	spec := f.toolchains
	if spec == "" {
		spec = labrun.Local()
	}
	names, err := f.names(spec)
	if err != nil {
		return nil, err
	}
	if len(names) > 2 {
		return nil, withHint(usageError("explain looks at one toolchain, or compares two"), "-go 1.26, or -go %s,%s", names[0], names[len(names)-1])
	}
	if len(names) == 2 && (len(f.answer) > 0 || f.answers || f.format == "html") {
		return nil, withHint(usageError("-answer, -answers and -format html are for one toolchain"), "-go 1.26")
	}
	return names, nil
}

func releases(s *scenario.Scenario) string {
	if s.Max > 0 {
		return fmt.Sprintf("it is on Go 1.%d to 1.%d", s.Min, s.Max)
	}
	return fmt.Sprintf("it is on Go 1.%d and later", s.Min)
}

func (f *labFlags) writeExplanation(std stdio, e *explain.Explanation) error {
	switch f.format {
	case "html":
		return e.WriteHTML(std.out, f.answers)
	case "json":
		if !f.answers {
			e.HideAnswers()
		}
		return encode(std, e)
	}
	return e.Write(std.out, f.explainStyle(std))
}

func (f *labFlags) writeComparison(std stdio, c *explain.Comparison) error {
	if f.format == "json" {
		return encode(std, c)
	}
	return c.Write(std.out, f.explainStyle(std))
}

func (f *labFlags) explainStyle(std stdio) explain.Style {
	return explain.Style{Color: isTerminal(std.out), Width: terminalWidth(std.out), Answers: f.answers}
}

func encode(std stdio, v any) error {
	e := json.NewEncoder(std.out)
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

// checkAnswers says which of the given answers are right. It fails when one is
// not.
func (f *labFlags) checkAnswers(std stdio, e *explain.Explanation) error {
	wrong := 0
	for _, given := range f.answer {
		n, text, err := explain.ParseAnswer(given)
		if err != nil {
			return withHint(usageError("-answer: %v", err), "the questions stand at the end of backstop lab explain %s", e.Scenario)
		}
		i := slices.IndexFunc(e.Questions, func(q explain.Question) bool { return q.N == n })
		if i < 0 {
			return withHint(usageError("-answer: there is no question %d", n), "there are %d: backstop lab explain %s", len(e.Questions), e.Scenario)
		}
		q := &e.Questions[i]
		verdict := "right"
		if !q.Right(text) {
			verdict = "wrong, see " + q.Look
			wrong++
		}
		if f.answers {
			verdict += " (" + q.Answer + ")"
		}
		fmt.Fprintf(std.out, "%d. %s\n   %s: %s\n", q.N, q.Ask, text, verdict)
	}
	if wrong > 0 {
		return &exitError{code: exitFail}
	}
	return nil
}
