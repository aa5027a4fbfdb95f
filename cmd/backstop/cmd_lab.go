package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path"
	"slices"
	"strings"
	"syscall"

	"github.com/backstop-go/backstop/cmd/backstop/internal/labrun"
	"github.com/backstop-go/backstop/cmd/backstop/internal/labrun/experiment"
	"github.com/backstop-go/backstop/lab/claim"
	"github.com/backstop-go/backstop/lab/scenario"
)

// A labVerb is one word after "backstop lab".
type labVerb struct {
	name, args, summary string
	formats             []string // besides text
	run                 func(f *labFlags, ctx context.Context, std stdio, args []string) error
}

func labVerbs() []labVerb {
	return []labVerb{
		{"list", "[PATTERN...]", "the scenarios and what they show", []string{"json"}, (*labFlags).list},
		{"run", "SCENARIO...", "let scenarios happen, and say all that was seen", []string{"json"}, (*labFlags).runScenarios},
		{"matrix", "[PATTERN...]", "every scenario on every toolchain", []string{"json", "markdown", "html"}, (*labFlags).matrix},
		{"diff", "[BEFORE [AFTER]]", "what a release of Go changes, as release notes", []string{"json", "markdown"}, (*labFlags).diff},
		{"claims", "[PATTERN...]", "what is said of panic and recover, and what is true", []string{"json"}, (*labFlags).claims},
		{"explain", "SCENARIO", "one scenario from inside: source, runtime, machine code", []string{"json", "html"}, (*labFlags).explain},
		{"experiment", "[NAME...]", "numbers: recover, death, stack overflow under load", []string{"json"}, (*labFlags).experiment},
		{"compat", "-- COMMAND", "your own program or tests on several toolchains; see lab compat -help", []string{"json"}, (*labFlags).compat},
	}
}

func labCommand() command {
	var verbs strings.Builder
	for _, v := range labVerbs() {
		fmt.Fprintf(&verbs, "  %-26s %s\n", v.name+" "+v.args, v.summary)
	}
	return command{
		name:    "lab",
		args:    "VERB ...",
		summary: "let programs crash in every way, on every Go toolchain, and see what is true",
		help: `
Runs small programs that crash, each bounded in memory, time and processes and
built by the Go toolchains you name, and says what happened: how they ended,
whether a deferred recover caught it, what crash output and a supervisor got.

` + verbs.String() + `
  backstop lab list 'sig-*'                 a * stands for anything
  backstop lab run send-closed-chan         with the local toolchain
  backstop lab run -go 1.21,1.27 panic-nil
  backstop lab matrix fatal                 a group, on all toolchains; lab list names them
  backstop lab matrix -go-line 1.20,1.21 'panic-nil*'
  backstop lab matrix -env GOTRACEBACK=none -env GOTRACEBACK=crash cgo
  backstop lab matrix -format html > matrix.html
  backstop lab matrix -format json | jq 'select(.recovered == false) | .scenario'
  backstop lab diff 1.25 1.26               before an upgrade
  backstop lab diff 1.26                    this machine against the baseline
  backstop lab diff -env GOTRACEBACK=none   what a setting changes
  backstop lab compat -- go test ./...      your own program or tests, with planned panics
  backstop lab claims 'A0-1-*'              statements of the articles, judged
  backstop lab claims misleading select     by verdict, and by words of the statement
  backstop lab explain send-closed-chan     from inside, with questions at the end
  backstop lab explain send-closed-chan -answer '1=2' -answer '2=yes'
  backstop lab explain -go 1.21,1.26 repanic-same   what changed between two
  backstop lab experiment recover-storm     does recover fail under load? Others: parameters,
                                            death, stack-overflow; all take minutes and 3 GB

-go takes releases (1.26), ranges (1.22..1.27), exact toolchains (go1.24.1), or
several with commas; the go command downloads what is missing. What cannot be run
here (no compiler, not root, no cgroup, no network) is a row that says so, never
a result. What was built and measured is kept below -dir; -fresh measures again.`,
		verbs: labWords(),
		setup: func(fs *flag.FlagSet) runFunc {
			f := &labFlags{set: fs}
			fs.StringVar(&f.toolchains, "go", "", "`releases` of Go; default: all of the lab's, for run and experiment the local one")
			fs.StringVar(&f.goLines, "go-line", labrun.DefaultGoLine, "`versions` of the go line in go.mod, with commas; it sets the defaults of GODEBUG")
			fs.Func("env", "`NAME=VALUE` for the scenarios, such as GOTRACEBACK=all; each one given is a setting of its own", f.addEnv)
			fs.StringVar(&f.format, "format", "text", "`text` for people, or json: one object a line; matrix also has markdown and html")
			fs.StringVar(&f.options.Dir, "dir", "", "keep builds and results in this `directory`; default: backstop/lab in the user's cache")
			fs.IntVar(&f.options.Jobs, "jobs", 0, "run `n` programs at once; default: four for each processor")
			fs.BoolVar(&f.options.Fresh, "fresh", false, "measure again what was measured before")
			fs.StringVar(&f.write, "write", "", "matrix: also write documents and baselines below this `directory`, the root of a checkout")
			fs.StringVar(&f.docs, "docs", "", "claims: also write the pages of docs/claims into this `directory`")
			fs.BoolVar(&f.answers, "answers", false, "explain: show the answers of the questions")
			fs.Func("answer", "explain: check an answer, `N=TEXT`; several times for several", func(v string) error {
				f.answer = append(f.answer, v)
				return nil
			})
			f.numbers.declare(fs)
			return f.run
		},
	}
}

// labWords are the verbs with what they take.
func labWords() []verb {
	var names, groups, claims, experiments []string
	for _, s := range scenario.All() {
		names = append(names, s.Name)
	}
	for _, g := range scenario.Groups() {
		groups = append(groups, g.Name)
	}
	for _, c := range claim.All() {
		claims = append(claims, c.ID)
	}
	for _, e := range experiment.All() {
		experiments = append(experiments, e.Name)
	}
	takes := map[string][]string{
		"list": groups, "run": slices.Concat(groups, names), "matrix": slices.Concat(groups, names),
		"explain": names, "claims": claims, "experiment": experiments,
	}
	var all []verb
	for _, v := range labVerbs() {
		all = append(all, verb{v.name, takes[v.name], v.name == "compat"})
	}
	return all
}

type labFlags struct {
	set                         *flag.FlagSet
	toolchains, goLines, format string
	env                         []string
	write, docs                 string
	answers                     bool
	answer                      []string
	options                     labrun.Options
	numbers                     experimentFlags
}

func (f *labFlags) addEnv(v string) error {
	if name, _, ok := strings.Cut(v, "="); !ok || name == "" {
		return errors.New("want NAME=VALUE")
	}
	f.env = append(f.env, v)
	return nil
}

func (f *labFlags) run(ctx context.Context, std stdio, args []string) error {
	if len(args) > 0 && args[0] == "compat" {
		return f.compat(ctx, std, args[1:]) // its flags end where its command begins
	}
	// Flags are welcome behind the verb: it is where people write them.
	args, err := trailingFlags(f.set, args)
	if err != nil {
		return err
	}
	if len(args) == 0 {
		return withHint(usageError("lab: what shall it do?"), "backstop lab list shows the scenarios; run `backstop help lab` for the rest")
	}
	for _, s := range f.settings() {
		if err := s.Check(); err != nil {
			return withHint(usageError("lab: %v", err), "-go-line 1.21, or several: -go-line 1.20,1.21; -env GOTRACEBACK=all")
		}
	}
	if f.options.Jobs < 0 {
		return withHint(usageError("-jobs %d: nothing would run", f.options.Jobs), "leave it away: four for each processor")
	}
	ctx, stop := signal.NotifyContext(ctx, stopSignals()...)
	defer stop()
	for _, v := range labVerbs() {
		if v.name != args[0] {
			continue
		}
		if f.format != "text" && !slices.Contains(v.formats, f.format) {
			return withHint(usageError("lab %s has no format %q", v.name, f.format), "-format text or -format %s", strings.Join(v.formats, ", -format "))
		}
		err := v.run(f, ctx, std, args[1:])
		if err == nil || ctx.Err() == nil {
			return err
		}
		// Whatever it says, it is because of us: a terminal interrupts those that we
		// wait for as well.
		return errors.New("lab: interrupted before it was through")
	}
	if args[0] == "help" {
		labCommand().printHelp(std.out, f.set)
		return nil
	}
	return unknownVerb(args[0])
}

// stopSignals end the lab in good order, with whatever it has started: also when
// its terminal goes away, unless it was started by nohup.
func stopSignals() []os.Signal {
	signals := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) {
		signals = append(signals, syscall.SIGHUP)
	}
	return signals
}

// open prepares the lab, with its progress on a terminal.
func (f *labFlags) open(std stdio) (*labrun.Lab, *counter, error) {
	c := newCounter(std.err)
	f.options.Note = c.say
	l, err := labrun.Open(f.options)
	if err != nil {
		return nil, nil, withHint(err, "-dir names a directory for builds and results")
	}
	return l, c, nil
}

// names returns the toolchains that -go asks for.
func (f *labFlags) names(spec string) ([]string, error) {
	names, err := labrun.Select(spec)
	if err != nil {
		return nil, withHint(usageError("lab: %v", err), "1.26, 1.22..1.27, go1.24.1, or several with commas")
	}
	return names, nil
}

func (f *labFlags) style(std stdio) labrun.Style {
	return labrun.Style{Color: isTerminal(std.out), Width: terminalWidth(std.out)}
}

// settings are the go lines and variables that were asked for, each with each.
func (f *labFlags) settings() []labrun.Setting {
	envs := [][]string{nil}
	if len(f.env) > 0 {
		envs = nil
	}
	for _, e := range f.env {
		envs = append(envs, []string{e})
	}
	var all []labrun.Setting
	for _, line := range strings.Split(f.goLines, ",") {
		for _, e := range envs {
			all = append(all, labrun.Setting{GoLine: strings.TrimSpace(line), Env: e})
		}
	}
	return all
}

// chosen returns the scenarios that patterns name: a name, a group, or a name
// with stars. No pattern means all.
func chosen(patterns []string) ([]scenario.Scenario, error) {
	if len(patterns) == 0 {
		return scenario.All(), nil
	}
	var found []scenario.Scenario
	used := make(map[string]bool)
	for _, s := range scenario.All() {
		taken := false
		for _, p := range patterns {
			ok, err := path.Match(p, s.Name)
			if err != nil {
				return nil, usageError("pattern %q: %v", p, err)
			}
			if ok || p == s.Group {
				used[p], taken = true, true
			}
		}
		if taken {
			found = append(found, s)
		}
	}
	for _, p := range patterns {
		if used[p] {
			continue
		}
		err := usageError("no scenario is called %q", p)
		for _, g := range scenario.Groups() {
			if editDistance(p, g.Name) == 1 {
				return nil, withHint(err, "did you mean %s? backstop lab list shows all groups", g.Name)
			}
		}
		if near := nearestScenarios(p); len(near) > 0 {
			return nil, withHint(err, "did you mean %s? backstop lab list shows all", strings.Join(near, ", "))
		}
		return nil, withHint(err, "backstop lab list shows them; a * stands for anything, a group's name for all of it")
	}
	return found, nil
}

func unknownVerb(word string) error {
	err := usageError("lab: unknown verb %q", word)
	for _, v := range labVerbs() {
		if editDistance(word, v.name) <= 2 {
			return withHint(err, "did you mean `backstop lab %s`?", v.name)
		}
	}
	return withHint(err, "run `backstop help lab` for the list")
}
