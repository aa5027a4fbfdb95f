package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"os/signal"
	"runtime/debug"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/backstop-go/backstop/analysis/behaviour"
	"github.com/backstop-go/backstop/analysis/driver"
	"github.com/backstop-go/backstop/analysis/rule"
	"github.com/backstop-go/backstop/analysis/rules"
	"github.com/backstop-go/backstop/cmd/backstop/internal/textview"
	"github.com/backstop-go/backstop/cmd/backstop/internal/vet"
)

const exitFindings = 3

func vetCommand() command {
	return command{
		name:    "vet",
		args:    "[PACKAGES]",
		summary: "find guards that cannot work, goroutines nobody guards, and panics before they happen",
		help: `
Reads Go packages (./... means all below) without running them. Findings of tier A
are errors, those of tier B warnings; rules of tier C are for audits, off unless
named. Status 3: there are findings.

  backstop vet ./...
  backstop vet -rules recover-depth,goroutine-unguarded ./...
  backstop vet -rules default,-map-race ./...       all of the default but one
  backstop vet -rules coding ./...                  a profile; vet rules lists them
  backstop vet -go 1.25..1.26 ./...                 what an upgrade does to guards
  backstop vet -explain recover-depth
  backstop vet -audit ./...                         every recover(), and whether it works
  backstop vet -fix ./...                           mend what can be mended for certain
  backstop vet -baseline vet.jsonl -write-baseline ./...   what is known today, and
  backstop vet -baseline vet.jsonl ./...                   only what is new
  backstop vet -format sarif ./... > vet.sarif      for code hosts; also json, one a line
  go vet -vettool=$(command -v backstop) ./...      under the go command
  backstop vet surface ./...                where goroutines begin, and which panics they reach
  backstop vet surface diff main..HEAD      status 3 for new unguarded paths only

One finding is ignored by a comment on its line or the line above; the reason is
not optional:

  //backstop:ignore goroutine-unguarded the process shall die with it

What does not compile is named on stderr, and what is around it is read all the
same. Results are kept in the user's cache and made again when a file, a
dependency or a rule changes.`,
		config: true,
		verbs:  vetWords(),
		setup: func(fs *flag.FlagSet) runFunc {
			f := &vetFlags{set: fs}
			f.declare(fs)
			return f.run
		},
	}
}

// vetWords are what may stand behind vet besides packages.
func vetWords() []verb {
	return []verb{{name: "rules", words: rules.Names()}, {name: "surface", words: []string{"diff", "./..."}}, {name: "./..."}}
}

type vetFlags struct {
	set                                         *flag.FlagSet
	format, rules, releases, explain            string
	baseline, model, cache, tags, dir           string
	writeBaseline, tests, generated, fix, audit bool
	ignored, noCache, quiet, all                bool
}

func (f *vetFlags) declare(fs *flag.FlagSet) {
	fs.StringVar(&f.format, "format", "text", "`text`, json (one object a line) or sarif")
	fs.StringVar(&f.rules, "rules", "", "`rules`, tiers and profiles with commas, all, or default; a minus leaves one out (default tiers A and B)")
	fs.StringVar(&f.releases, "go", "1.21..1.27", "`releases` of Go that a guard has to work on")
	fs.StringVar(&f.explain, "explain", "", "tell all about a `rule`, and look at nothing")
	fs.StringVar(&f.baseline, "baseline", "", "do not tell what this `file` has")
	fs.BoolVar(&f.writeBaseline, "write-baseline", false, "write what is found to the file of -baseline")
	fs.BoolVar(&f.fix, "fix", false, "mend what can be mended for certain, and tell the rest")
	fs.BoolVar(&f.audit, "audit", false, "list every recover(), whether it works and what becomes of the value, instead of findings")
	fs.StringVar(&f.model, "model", "", "a `file` that tells of functions nobody reads, in lines such as \"example.com/pool.Go calls 0 goroutine guarded\"")
	fs.BoolVar(&f.tests, "tests", false, "files of tests, too")
	fs.BoolVar(&f.generated, "generated", false, "generated files, too")
	fs.BoolVar(&f.ignored, "ignored", false, "show what comments ignore, too")
	fs.StringVar(&f.tags, "tags", "", "build `tags` with commas, as go build has them")
	fs.StringVar(&f.dir, "C", "", "look at the packages from this `directory`")
	fs.StringVar(&f.cache, "cache", driver.DefaultCache(), "keep results in this `directory`")
	fs.BoolVar(&f.noCache, "no-cache", false, "keep nothing, and use nothing that is kept")
	fs.BoolVar(&f.all, "all", false, "surface: everything, not only what matters most")
	fs.BoolVar(&f.quiet, "quiet", false, "no progress and no summary")
}

func (f *vetFlags) run(ctx context.Context, std stdio, args []string) error {
	args, err := trailingFlags(f.set, args)
	if err != nil {
		return err
	}
	if f.explain != "" {
		return f.explainRule(std, f.explain)
	}
	if len(args) > 0 && args[0] == "rules" {
		return f.listRules(std, args[1:])
	}
	if !slices.Contains([]string{"text", "json", "sarif"}, f.format) {
		return withHint(usageError("unknown format %q", f.format), "-format text, -format json or -format sarif")
	}
	if f.fix && f.writeBaseline {
		return withHint(usageError("-fix and -write-baseline exclude each other"), "mend first, then write down what is left")
	}
	if f.writeBaseline && f.baseline == "" {
		return withHint(usageError("-write-baseline needs a file"), "backstop vet -baseline vet.jsonl -write-baseline ./...")
	}
	if f.dir != "" {
		if info, err := os.Stat(f.dir); err != nil || !info.IsDir() {
			return withHint(usageError("-C %s: no such directory", f.dir), "-C names the directory that packages are looked for in")
		}
	}
	if err := f.fits(args); err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	if len(args) > 0 && args[0] == "surface" {
		return f.surface(ctx, std, args[1:])
	}
	if f.audit {
		return f.recovers(ctx, std, args)
	}
	return f.findings(ctx, std, args)
}

// fits refuses flags that the mode would ignore.
func (f *vetFlags) fits(args []string) error {
	mode, useless := "", map[string]bool{"all": f.all}
	switch {
	case len(args) > 0 && args[0] == "surface":
		mode, useless = "vet surface", map[string]bool{"baseline": f.baseline != "", "fix": f.fix, "audit": f.audit, "rules": f.rules != "", "ignored": f.ignored}
	case f.audit:
		mode, useless = "vet -audit", map[string]bool{"baseline": f.baseline != "", "fix": f.fix, "rules": f.rules != "", "ignored": f.ignored, "all": f.all}
	}
	for _, name := range slices.Sorted(maps.Keys(useless)) {
		if useless[name] && mode == "" {
			return withHint(usageError("-%s is for vet surface", name), "-rules all runs every rule")
		}
		if useless[name] {
			return usageError("%s does not take -%s", mode, name)
		}
	}
	return nil
}

// chosen are the rules of -rules.
func (f *vetFlags) chosen() (rules.Selection, error) {
	chosen, err := rules.Select(f.rules)
	if err != nil {
		var unknown rules.UnknownError
		errors.As(err, &unknown)
		return chosen, withHint(usageError("%v", err), "%s", rulesHint(string(unknown)))
	}
	return chosen, nil
}

// config turns flags into what the driver wants, and sets those of analyzers.
func (f *vetFlags) config(patterns []string) (driver.Config, error) {
	cfg := driver.Config{Dir: f.dir, Patterns: patterns, Tests: f.tests, Cache: f.cache}
	if f.noCache {
		cfg.Cache = ""
	}
	if f.tags != "" {
		cfg.Flags = append(cfg.Flags, "-tags="+f.tags)
	}
	if f.model != "" {
		data, err := os.ReadFile(f.model)
		if err != nil {
			return cfg, withHint(fmt.Errorf("read model: %w", err), "-model names a file of lines such as \"example.com/pool.Go calls 0 goroutine guarded\"")
		}
		sum := sha256.Sum256(data)
		cfg.Key = hex.EncodeToString(sum[:])
		if err := behaviour.Analyzer.Flags.Set("model", f.model); err != nil {
			return cfg, err
		}
		if _, err := behaviour.LoadModel(); err != nil {
			return cfg, withHint(usageError("model: %v", err), "a line is FUNCTION STATEMENT, as docs/vet.md describes")
		}
	}
	releases, err := vet.Releases(f.releases)
	if err != nil {
		return cfg, withHint(usageError("-go: %v", err), "-go 1.26, -go 1.25..1.27, or several with commas")
	}
	if r, ok := rules.Find("recover-depth"); ok {
		if err := r.Analyzer.Flags.Set("go", strings.Join(releases, ",")); err != nil {
			return cfg, withHint(usageError("-go: %v", err), "-go 1.26, -go 1.25..1.27, or several with commas")
		}
	}
	return cfg, nil
}

func (f *vetFlags) findings(ctx context.Context, std stdio, patterns []string) error {
	chosen, err := f.chosen()
	if err != nil {
		return err
	}
	cfg, err := f.config(patterns)
	if err != nil {
		return err
	}
	cfg.Rules = chosen.Rules
	var known *vet.Baseline
	if f.baseline != "" && !f.writeBaseline {
		if known, err = vet.ReadBaseline(f.baseline, f.dir); err != nil {
			return withHint(err, "make one: backstop vet -baseline %s -write-baseline ./...", f.baseline)
		}
	}
	start := time.Now()
	res, err := f.load(ctx, std, cfg)
	if err != nil {
		return err
	}
	out := vet.Judge(res, vet.Options{
		Generated: f.generated, Ignored: f.ignored, Audit: chosen.Audit,
		AllRules: f.rules == "all", Baseline: known,
	})
	f.problems(std, out)
	if out.Packages == 0 {
		return withHint(errors.New("no package could be read"), "run it inside a module; packages are named as the go command does: ./... for all below")
	}
	if f.writeBaseline {
		if slices.ContainsFunc(out.Problems, func(p driver.Problem) bool { return p.Lost }) {
			return withHint(fmt.Errorf("%s is not written: %w", f.baseline, errLost), "a baseline of a part would look like one of the whole; the warnings above say what is missing")
		}
		if err := vet.WriteBaseline(f.baseline, f.dir, out.Findings); err != nil {
			return fmt.Errorf("write baseline: %w", err)
		}
		fmt.Fprintf(std.err, "%s: %d findings\n", f.baseline, len(out.Findings))
		return nil
	}
	if f.fix {
		if err := f.mend(std, out); err != nil {
			return err
		}
	}
	if err := f.write(std, out, chosen.Rules); err != nil {
		return err
	}
	if !f.quiet && f.format == "text" {
		fmt.Fprintf(std.err, "%s; %.1f s, %d of %d packages read anew\n", out.Summary(), time.Since(start).Seconds(), res.Analyzed, res.Analyzed+res.Cached)
		if isTerminal(std.err) {
			fmt.Fprint(std.err, out.Advice())
		}
	}
	return vetStatus(out)
}

// load runs the driver with progress on a terminal.
func (f *vetFlags) load(ctx context.Context, std stdio, cfg driver.Config) (*driver.Result, error) {
	if !f.quiet {
		c := newCounter(std.err)
		defer c.clear()
		c.say("listing packages")
		cfg.Progress = func(done, total int, path string) {
			if done == 1 {
				c.say("packages")
			}
			c.count(done, total)
		}
	}
	res, err := driver.Run(ctx, cfg)
	if err != nil {
		return nil, vetError(err)
	}
	return res, nil
}

// mend applies fixes, and takes the findings that are mended out of the outcome.
func (f *vetFlags) mend(std stdio, out *vet.Outcome) error {
	done, err := vet.Fix(f.dir, out.Findings)
	if err != nil {
		return err
	}
	out.Findings = done.Left
	files := "files"
	if len(done.Files) == 1 {
		files = "file"
	}
	fmt.Fprintf(std.err, "%d mended in %d %s\n", done.Findings, len(done.Files), files)
	return nil
}

func vetStatus(out *vet.Outcome) error {
	switch {
	case len(out.Findings) > 0:
		return &exitError{code: exitFindings}
	case len(out.Problems) > 0:
		return &exitError{code: exitFail}
	}
	return nil
}

func vetError(err error) error {
	text := err.Error()
	switch {
	case strings.Contains(text, "executable file not found"):
		return withHint(err, "vet asks the go command for packages: install Go, or put it into PATH")
	case errors.Is(err, context.Canceled):
		return errors.New("interrupted")
	case strings.Contains(text, "go.mod file not found"), strings.Contains(text, "no packages match"):
		return withHint(err, "run it inside a module, or name its directory with -C; packages are named as the go command does: ./... for all below")
	}
	return err
}

// recovers is the audit.
func (f *vetFlags) recovers(ctx context.Context, std stdio, patterns []string) error {
	if f.format == "sarif" {
		return withHint(usageError("an audit is no list of findings"), "-format text or -format json")
	}
	cfg, err := f.config(patterns)
	if err != nil {
		return err
	}
	cfg.Collect = []driver.Collector{vet.Collector()}
	res, err := f.load(ctx, std, cfg)
	if err != nil {
		return err
	}
	f.problems(std, vet.Judge(res, vet.Options{}))
	all, err := vet.Recovers(res, f.dir)
	if err != nil {
		return err
	}
	if f.format == "json" {
		return vet.WriteRecoversJSON(std.out, all)
	}
	return vet.WriteRecovers(std.out, all, vet.Style{Color: isTerminal(std.out)})
}

// problems tells on stderr what could not be read.
func (f *vetFlags) problems(std stdio, out *vet.Outcome) {
	const most = 50
	for i, p := range out.Problems {
		if i == most {
			fmt.Fprintf(std.err, "warning: %d more of these\n", len(out.Problems)-most)
			break
		}
		fmt.Fprintf(std.err, "warning: %s\n", textview.Escape(vet.ProblemText(p)))
	}
}

func (f *vetFlags) write(std stdio, out *vet.Outcome, chosen []*rule.Rule) error {
	switch f.format {
	case "json":
		return out.WriteJSON(std.out)
	case "sarif":
		return out.WriteSARIF(std.out, f.dir, moduleVersion(), chosen)
	}
	return out.WriteText(std.out, vet.Style{Color: isTerminal(std.out), Width: terminalWidth(std.out)})
}

// moduleVersion is the version of the command as SARIF wants it, or empty.
func moduleVersion() string {
	info, ok := debug.ReadBuildInfo()
	if !ok || !strings.HasPrefix(info.Main.Version, "v") {
		return ""
	}
	return strings.TrimPrefix(info.Main.Version, "v")
}

func (f *vetFlags) explainRule(std stdio, id string) error {
	if id == vet.Directive {
		fmt.Fprint(std.out, vet.ExplainDirective(vet.Style{Color: isTerminal(std.out)}))
		return nil
	}
	r, ok := rules.Find(id)
	if !ok {
		return withHint(usageError("unknown rule %q", id), "%s", rulesHint(id))
	}
	fmt.Fprint(std.out, vet.Explain(r, vet.Style{Color: isTerminal(std.out)}))
	return nil
}

// rulesHint is where to find the name of a rule that was mistyped.
func rulesHint(name string) string {
	hint := "backstop vet rules lists them"
	if near := nearestOf(name, rules.Names()); len(near) > 1 { // any letter is near a tier
		hint = fmt.Sprintf("did you mean %s? %s", near, hint)
	}
	return hint
}
