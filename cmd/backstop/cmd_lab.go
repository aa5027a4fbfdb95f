package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path"
	"strings"
	"text/tabwriter"

	"github.com/backstop-go/backstop/cmd/backstop/internal/labrun"
	"github.com/backstop-go/backstop/lab/scenario"
)

// A labVerb is one word after "backstop lab".
type labVerb struct {
	name, args, summary string
	run                 func(f *labFlags, ctx context.Context, std stdio, args []string) error
}

func labVerbs() []labVerb {
	return []labVerb{
		{"list", "[PATTERN...]", "the scenarios, and what they show", (*labFlags).list},
		{"run", "SCENARIO...", "what scenarios do here, in full", (*labFlags).runScenarios},
		{"matrix", "[PATTERN...]", "every scenario on every toolchain", (*labFlags).matrix},
	}
}

func labCommand() command {
	var verbs strings.Builder
	for _, v := range labVerbs() {
		fmt.Fprintf(&verbs, "  %-24s %s\n", v.name+" "+v.args, v.summary)
	}
	return command{
		name:    "lab",
		args:    "VERB",
		summary: "let programs crash in every way, on every Go toolchain, and see what is true",
		help: `
Runs small programs that crash, each bounded in memory, time and processes, built
by the Go toolchains you name, and says what happened: how they ended, whether a
deferred recover caught it, what the crash output and a supervisor got.

` + verbs.String() + `
  backstop lab list 'sig-*'
  backstop lab run send-closed-chan
  backstop lab run -go 1.21..1.27 panic-nil -env GODEBUG=panicnil=1
  backstop lab matrix -format json | jq 'select(.recovered == false)'

-go takes releases (1.26), ranges (1.22..1.27), exact toolchains (go1.24.1), or
several with commas. The go command downloads those that are not installed. What
was built and measured is kept below -dir; -fresh measures again.`,
		setup: func(fs *flag.FlagSet) runFunc {
			f := &labFlags{set: fs}
			fs.StringVar(&f.toolchains, "go", "", "`releases` of Go; default: all of the lab's, or the local one for run")
			fs.StringVar(&f.goLines, "go-line", "", "`versions` of the go line in go.mod, with commas: it sets the defaults of GODEBUG")
			fs.Func("env", "set a `variable` for the scenarios, as in GOTRACEBACK=all; several times for several settings", f.addEnv)
			fs.StringVar(&f.format, "format", "text", "`text` for people, or json: one object a line")
			fs.StringVar(&f.options.Dir, "dir", "", "keep builds and results in this `directory`; default: in the user's cache")
			fs.IntVar(&f.options.Jobs, "jobs", 0, "run `n` programs at once; default: two for each processor")
			fs.BoolVar(&f.options.Fresh, "fresh", false, "measure again what was measured before")
			return f.run
		},
	}
}

type labFlags struct {
	set                         *flag.FlagSet
	toolchains, goLines, format string
	env                         []string
	options                     labrun.Options
}

func (f *labFlags) addEnv(v string) error {
	if name, _, ok := strings.Cut(v, "="); !ok || name == "" {
		return errors.New("want NAME=VALUE")
	}
	f.env = append(f.env, v)
	return nil
}

func (f *labFlags) run(ctx context.Context, std stdio, args []string) error {
	if len(args) == 0 {
		return withHint(usageError("lab: what shall it do?"), "backstop lab list shows the scenarios; `backstop help lab` has the rest")
	}
	args, err := trailingFlags(f.set, args)
	if err != nil {
		return err
	}
	if f.format != "text" && f.format != "json" {
		return withHint(usageError("unknown format %q", f.format), "-format text or -format json")
	}
	for _, v := range labVerbs() {
		if v.name == args[0] {
			return v.run(f, ctx, std, args[1:])
		}
	}
	return withHint(usageError("lab: unknown verb %q", args[0]), "run `backstop help lab` for the list")
}

// chosen returns the scenarios whose names match one of the patterns.
func chosen(patterns []string) ([]scenario.Scenario, error) {
	if len(patterns) == 0 {
		return scenario.All(), nil
	}
	var found []scenario.Scenario
	used := make(map[string]bool)
	for _, s := range scenario.All() {
		for _, p := range patterns {
			ok, err := path.Match(p, s.Name)
			if err != nil {
				return nil, usageError("pattern %q: %v", p, err)
			}
			if ok || p == s.Group {
				used[p] = true
				found = append(found, s)
				break
			}
		}
	}
	for _, p := range patterns {
		if !used[p] {
			return nil, withHint(usageError("no scenario is called %q", p), "backstop lab list shows them; a * stands for anything, a group's name for all of it")
		}
	}
	return found, nil
}

func (f *labFlags) list(_ context.Context, std stdio, args []string) error {
	found, err := chosen(args)
	if err != nil {
		return err
	}
	tw := tabwriter.NewWriter(std.out, 0, 0, 2, ' ', 0)
	for _, s := range found {
		fmt.Fprintf(tw, "%s\t%s\t%s\n", s.Name, s.Class, s.Shows)
	}
	return tw.Flush()
}

func (f *labFlags) runScenarios(ctx context.Context, std stdio, args []string) error {
	if f.toolchains == "" {
		f.toolchains = "1.26"
	}
	return f.matrix(ctx, std, args)
}

func (f *labFlags) matrix(ctx context.Context, std stdio, args []string) error {
	scenarios, err := chosen(args)
	if err != nil {
		return err
	}
	names, err := labrun.Select(f.toolchains)
	if err != nil {
		return withHint(usageError("-go: %v", err), "-go 1.26, -go 1.22..1.27, -go go1.24.1")
	}
	if os.Getenv("LAB_VERBOSE") != "" {
		f.options.Note = func(s string) { fmt.Fprintln(std.err, s) }
	}
	l, err := labrun.Open(f.options)
	if err != nil {
		return err
	}
	rows, err := l.Matrix(ctx, labrun.Plan{Toolchains: names, Scenarios: scenarios, Settings: f.settings()})
	if err != nil {
		return err
	}
	e := json.NewEncoder(std.out)
	e.SetEscapeHTML(false)
	for _, r := range rows {
		if f.format == "json" {
			err = e.Encode(r)
		} else {
			_, err = fmt.Fprintln(std.out, r.Line())
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (f *labFlags) settings() []labrun.Setting {
	lines := strings.Split(f.goLines, ",")
	envs := [][]string{nil}
	for _, e := range f.env {
		envs = append(envs, []string{e})
	}
	if len(f.env) > 0 {
		envs = envs[1:]
	}
	var all []labrun.Setting
	for _, l := range lines {
		for _, e := range envs {
			all = append(all, labrun.Setting{GoLine: strings.TrimSpace(l), Env: e})
		}
	}
	return all
}
