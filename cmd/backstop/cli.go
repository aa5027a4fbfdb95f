package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
	"golang.org/x/term"
)

// Exit codes, as in docs/reference/exit-codes.md. They are a contract.
const (
	exitOK    = 0
	exitFail  = 1
	exitUsage = 2
)

// stdio is what a command reads and writes, so that tests can stand in.
type stdio struct {
	in       io.Reader
	out, err io.Writer
}

// A command is one word after "backstop". Its flags are declared by setup,
// which returns what to run once they are parsed.
type command struct {
	name    string
	args    string // what follows the flags: "[FILE...]"
	summary string // one line, lower case, no dot
	help    string // paragraphs and examples
	config  bool   // takes -config FILE
	setup   func(fs *flag.FlagSet) runFunc
	verbs   []verb // what may stand first behind the flags, where that is not plain from args
}

// A verb is a word behind a command, with those that completion offers behind it.
type verb struct {
	name  string
	words []string
	files bool // names of files, too
}

type runFunc func(ctx context.Context, std stdio, args []string) error

// An exitError ends the program with a status and, when err is nil, in silence.
type exitError struct {
	code int
	err  error
}

func (e *exitError) Error() string {
	if e.err == nil {
		return fmt.Sprintf("exit status %d", e.code)
	}
	return e.err.Error()
}

func (e *exitError) Unwrap() error { return e.err }

// A hintError carries the next step a person can take.
type hintError struct {
	err  error
	hint string
}

func (e *hintError) Error() string { return e.err.Error() }
func (e *hintError) Unwrap() error { return e.err }
func (e *hintError) Hint() string  { return e.hint }

// withHint adds a next step to an error.
func withHint(err error, format string, args ...any) error {
	return &hintError{err: err, hint: fmt.Sprintf(format, args...)}
}

// usageError is a mistake in how the command was called.
func usageError(format string, args ...any) error {
	return &exitError{code: exitUsage, err: fmt.Errorf(format, args...)}
}

// run is main without the process: it returns the exit status.
func run(ctx context.Context, args []string, std stdio) int {
	out := &output{w: std.out}
	std.out = out
	err := out.result(dispatch(ctx, args, std))
	if err == nil {
		return exitOK
	}
	code := exitFail
	var exit *exitError
	if errors.As(err, &exit) {
		code = exit.code
		if exit.err == nil {
			return code
		}
	}
	fmt.Fprintf(std.err, "error: %v\n", err)
	var hint interface{ Hint() string } // those of packages, too
	if errors.As(err, &hint) {
		fmt.Fprintf(std.err, "hint: %s\n", hint.Hint())
	}
	return code
}

func dispatch(ctx context.Context, args []string, std stdio) error {
	if len(args) == 0 {
		printOverview(std.err)
		return &exitError{code: exitUsage}
	}
	name, rest := args[0], args[1:]
	switch name {
	case "-h", "-help", "--help":
		printOverview(std.out)
		return nil
	case "help":
		if len(rest) == 0 {
			printOverview(std.out)
			return nil
		}
		name, rest = rest[0], []string{"-help"}
	case "-version", "--version":
		name = "version"
	}
	for _, c := range commands() {
		if c.name == name {
			return c.invoke(ctx, rest, std)
		}
	}
	if strings.HasPrefix(name, "-") {
		return withHint(usageError("unknown flag %q", name), "flags come after the command; run `backstop help` for the list")
	}
	err := usageError("unknown command %q", name)
	if near := nearest(name); near != "" {
		return withHint(err, "did you mean %q? run `backstop help` for the list", near)
	}
	return withHint(err, "run `backstop help` for the list")
}

// invoke parses the flags of a command and runs it. A flag not given on the
// command line is taken from BACKSTOP_<FLAG>, then from the -config file.
func (c command) invoke(ctx context.Context, args []string, std stdio) error {
	fs := flag.NewFlagSet(c.name, flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	fs.Usage = func() {}
	var configFile string
	if c.config {
		fs.StringVar(&configFile, "config", "", "read flags from this YAML `file`, one \"flag: value\" a line")
	}
	body := c.setup(fs)
	if err := fs.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			c.printHelp(std.out, fs)
			return nil
		}
		return badFlag(fs, err)
	}
	if err := fromEnvironment(fs, os.LookupEnv); err != nil {
		return err
	}
	if configFile != "" {
		if err := fromFile(fs, configFile); err != nil {
			return err
		}
	}
	err := body(ctx, std, fs.Args())
	if errors.Is(err, flag.ErrHelp) { // from trailingFlags
		c.printHelp(std.out, fs)
		return nil
	}
	return err
}

// badFlag is what package flag says of arguments, with what may have been meant.
func badFlag(fs *flag.FlagSet, err error) error {
	hint := fmt.Sprintf("run `backstop help %s` for its flags", fs.Name())
	if name, ok := strings.CutPrefix(err.Error(), "flag provided but not defined: -"); ok {
		var names []string
		fs.VisitAll(func(f *flag.Flag) { names = append(names, f.Name) })
		if near := nearestOf(name, names); len(near) > 1 && len(name) > 1 {
			hint = fmt.Sprintf("did you mean -%s? %s", near, hint)
		}
	}
	_, rest, _ := strings.Cut(err.Error(), " for flag -")
	name, _, _ := strings.Cut(rest, ":")
	if f := fs.Lookup(name); f != nil {
		if value, ok := f.Value.(flag.Getter); ok {
			if _, ok := value.Get().(time.Duration); ok {
				hint = "a time has a unit, such as 500ms, 30s or 10m"
			}
		}
	}
	return withHint(usageError("%s: %v", fs.Name(), err), "%s", hint)
}

// trailingFlags parses flags that stand between and behind arguments, which
// package flag leaves alone.
func trailingFlags(fs *flag.FlagSet, args []string) (words []string, err error) {
	for len(args) > 0 {
		words = append(words, args[0])
		if err := fs.Parse(args[1:]); err != nil {
			if errors.Is(err, flag.ErrHelp) {
				return nil, err
			}
			return nil, badFlag(fs, err)
		}
		args = fs.Args()
	}
	return words, nil
}

// envName is the environment variable that stands for a flag.
func envName(flagName string) string {
	return "BACKSTOP_" + strings.ToUpper(strings.ReplaceAll(flagName, "-", "_"))
}

func given(fs *flag.FlagSet) map[string]bool {
	set := make(map[string]bool)
	fs.Visit(func(f *flag.Flag) { set[f.Name] = true })
	return set
}

func fromEnvironment(fs *flag.FlagSet, lookup func(string) (string, bool)) error {
	set := given(fs)
	var first error
	fs.VisitAll(func(f *flag.Flag) {
		value, ok := lookup(envName(f.Name))
		if !ok || set[f.Name] || first != nil {
			return
		}
		if err := fs.Set(f.Name, value); err != nil {
			first = withHint(usageError("environment variable %s=%q: %v", envName(f.Name), value, err),
				"it stands for -%s; run `backstop help %s` for what that takes", f.Name, fs.Name())
		}
	})
	return first
}

func fromFile(fs *flag.FlagSet, path string) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return withHint(fmt.Errorf("read configuration: %w", err), "-config names a YAML file of flags and values")
	}
	var values map[string]string
	if err := yaml.Unmarshal(data, &values); err != nil {
		return withHint(usageError("configuration %s: %s", path, strings.Join(strings.Fields(err.Error()), " ")), "write one \"flag: value\" a line")
	}
	set := given(fs)
	for name, value := range values {
		if fs.Lookup(name) == nil {
			return withHint(usageError("configuration %s: unknown key %q", path, name), "run `backstop help %s`: a key is the name of a flag", fs.Name())
		}
		if set[name] {
			continue
		}
		if err := fs.Set(name, value); err != nil {
			return withHint(usageError("configuration %s: %s: %q: %v", path, name, value, err), "run `backstop help %s` for what it takes", fs.Name())
		}
	}
	return nil
}

// nearest finds the command a mistyped name was meant to be: the one within
// two edits, "" when there is none.
func nearest(name string) string {
	var names []string
	for _, c := range commands() {
		names = append(names, c.name)
	}
	return nearestOf(name, names)
}

func nearestOf(name string, names []string) string {
	best, at := 3, ""
	for _, n := range names {
		if d := editDistance(name, n); d < best {
			best, at = d, n
		}
	}
	return at
}

// editDistance counts the letters to add, to leave out, to replace, and the pairs of
// neighbours to exchange.
func editDistance(a, b string) int {
	var before []int // two letters of a ago
	last := make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row := make([]int, len(b)+1)
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last = last, row
	}
	return last[len(b)]
}

// checkColor finds what is wrong with the value of -color.
func checkColor(choice string) error {
	switch choice {
	case "auto", "always", "never":
		return nil
	}
	return withHint(usageError("unknown choice of colours %q", choice), "-color auto, -color always or -color never")
}

// wantsColor reports whether that value of -color means colour on w.
func wantsColor(choice string, w io.Writer) bool {
	return choice == "always" || choice == "auto" && isTerminal(w)
}

// isTerminal reports whether w is a terminal that takes colour. NO_COLOR
// (no-color.org) and TERM=dumb are honoured.
func isTerminal(w io.Writer) bool {
	f, ok := underlying(w).(*os.File)
	return ok && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb" && term.IsTerminal(int(f.Fd()))
}

// terminalWidth is the number of columns of a terminal, 0 for anything else.
func terminalWidth(w io.Writer) int {
	f, ok := underlying(w).(*os.File)
	if !ok {
		return 0
	}
	width, _, err := term.GetSize(int(f.Fd()))
	if err != nil {
		return 0
	}
	return width
}
