package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"go/token"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/backstop-go/backstop/analysis/driver"
	"github.com/backstop-go/backstop/analysis/surface"
	"github.com/backstop-go/backstop/analysis/surface/summary"
	"github.com/backstop-go/backstop/cmd/backstop/internal/textview"
	"github.com/backstop-go/backstop/cmd/backstop/internal/vet"
)

const summaries = "surface" // the name of the collector

// surface is backstop vet surface: where goroutines begin, and what they reach.
func (f *vetFlags) surface(ctx context.Context, std stdio, args []string) error {
	if f.format == "sarif" {
		return withHint(usageError("vet surface has no sarif: it is a report, not findings"), "-format text or -format json")
	}
	if len(args) > 0 && args[0] == "diff" {
		return f.surfaceDiff(ctx, std, args[1:])
	}
	start := time.Now()
	r, told, err := f.surfaceOf(ctx, std, f.dir, args)
	if err != nil && !errors.Is(err, errLost) {
		return err
	}
	lost := err
	if f.format == "json" {
		return errors.Join(writeJSON(std.out, r), lost)
	}
	if _, err := io.WriteString(std.out, surface.Text(r, f.surfaceStyle(std))); err != nil {
		return err
	}
	if !f.quiet {
		fmt.Fprintf(std.err, "%s; %.1f s\n", told, time.Since(start).Seconds())
	}
	return lost
}

// errLost is returned with a report that has not all of the program.
var errLost = errors.New("not all of the program could be read")

func (f *vetFlags) surfaceStyle(std stdio) surface.Style {
	return surface.Style{Width: terminalWidth(std.out), Color: isTerminal(std.out), All: f.all}
}

func writeJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}

// surfaceOf reads the packages that the patterns name, and what they import, from
// a directory, and says how much that was.
func (f *vetFlags) surfaceOf(ctx context.Context, std stdio, dir string, patterns []string) (*surface.Report, string, error) {
	cfg, err := f.config(patterns)
	if err != nil {
		return nil, "", err
	}
	cfg.Dir = dir
	cfg.Collect = []driver.Collector{{
		Name: summaries, Analyzer: summary.Analyzer, Deps: true,
		Encode: func(_ *token.FileSet, result any) ([]byte, error) {
			s, ok := result.(*summary.Summary)
			if !ok {
				return nil, fmt.Errorf("summary of type %T", result)
			}
			return s.Encode(), nil
		},
	}}
	res, err := f.load(ctx, std, cfg)
	if err != nil {
		return nil, "", err
	}
	out := vet.Judge(res, vet.Options{})
	f.problems(std, out)
	var program []surface.Package
	for _, p := range res.Packages {
		data, ok := p.Collected[summaries]
		if !ok {
			continue // a problem says why
		}
		s, err := summary.Decode(data)
		if err != nil {
			return nil, "", withHint(fmt.Errorf("summary of %s: %w", p.Path, err), "-no-cache makes it again")
		}
		program = append(program, surface.Package{Summary: s, Module: p.Module, Own: p.Target, Accepted: accepted(p)})
	}
	if len(program) == 0 {
		return nil, "", withHint(errors.New("no package could be read"), "packages are named as the go command does: ./... for all below")
	}
	r, err := surface.Make(program)
	if err != nil {
		return nil, "", err
	}
	noun := "packages"
	if len(program) == 1 {
		noun = "package"
	}
	told := fmt.Sprintf("%d %s, %d read anew", len(program), noun, res.Analyzed)
	if slices.ContainsFunc(out.Problems, func(p driver.Problem) bool { return p.Lost }) {
		return r, told, withHint(errLost, "the warnings above say what; a revision is unpacked without submodules, and without what lies outside the repository")
	}
	return r, told, nil
}

// accepted are the lines at which a comment ignores that a goroutine has no guard.
func accepted(p *driver.Package) map[string]bool {
	lines := make(map[string]bool)
	for _, d := range p.Ignores {
		switch d.Rule {
		case "goroutine-unguarded", "handler-spawn", "callback-unguarded":
			if d.Reason != "" {
				lines[fmt.Sprintf("%s:%d", path.Base(filepath.ToSlash(d.File)), d.For)] = true
			}
		}
	}
	return lines
}

// surfaceDiff compares two revisions, or two reports that were kept.
func (f *vetFlags) surfaceDiff(ctx context.Context, std stdio, args []string) error {
	var base, head *surface.Report
	var err, lost error
	at := func(revision string, patterns []string) (r *surface.Report) {
		if err != nil {
			return nil
		}
		if r, err = f.surfaceAt(ctx, std, revision, patterns); errors.Is(err, errLost) {
			lost, err = err, nil
		}
		return r
	}
	switch {
	case len(args) == 2 && strings.HasSuffix(args[0], ".json") && strings.HasSuffix(args[1], ".json"):
		if base, err = readSurface(args[0]); err == nil {
			head, err = readSurface(args[1])
		}
	case len(args) > 0 && strings.Contains(args[0], ".."):
		from, to, _ := strings.Cut(args[0], "..")
		patterns := args[1:]
		if len(patterns) == 0 {
			patterns = []string{"./..."}
		}
		to = strings.TrimPrefix(to, ".") // two dots or three: since they parted
		from, err = parted(ctx, f.dir, from, cmp.Or(to, "HEAD"))
		f.uncommitted(ctx, std, to)
		base = at(from, patterns)
		head = at(to, patterns)
	default:
		return withHint(usageError("vet surface diff needs two revisions"), "backstop vet surface diff main..HEAD, or main.. for what is not committed; or two files of -format json")
	}
	if err != nil {
		return err
	}
	d := surface.Diff(base, head)
	if lost != nil && len(d.New) == 0 {
		return fmt.Errorf("the revisions cannot be compared: %w", lost)
	}
	if f.format == "json" {
		err = writeJSON(std.out, d)
	} else {
		_, err = io.WriteString(std.out, d.Text(f.surfaceStyle(std)))
	}
	if err == nil && len(d.New) > 0 {
		return &exitError{code: exitFindings}
	}
	return err
}

// uncommitted says that changes which are in no revision are not looked at.
func (f *vetFlags) uncommitted(ctx context.Context, std stdio, to string) {
	if to == "" || f.quiet {
		return
	}
	changed, err := git(ctx, f.dir, nil, "status", "--porcelain", "--", "*.go", "*go.mod")
	if err == nil && changed != "" {
		fmt.Fprintf(std.err, "note: there are changes that are not committed; leave %s out to compare with the files as they are\n", textview.Escape(to))
	}
}

func readSurface(name string) (*surface.Report, error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	r := new(surface.Report)
	if err := json.Unmarshal(data, r); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if err := r.Check(); err != nil {
		return nil, withHint(fmt.Errorf("%s: %w", name, err), "make it with: backstop vet surface -format json ./... > %s", name)
	}
	return r, nil
}

// surfaceAt is the surface of a revision; an empty one is the files as they are.
func (f *vetFlags) surfaceAt(ctx context.Context, std stdio, revision string, patterns []string) (*surface.Report, error) {
	dir := f.dir
	if revision != "" {
		root, err := os.MkdirTemp("", "backstop-surface-")
		if err != nil {
			return nil, err
		}
		defer func() { _ = os.RemoveAll(root) }()
		if dir, err = checkout(ctx, f.dir, revision, root); err != nil {
			return nil, err
		}
		if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
			fmt.Fprintf(std.err, "note: %s does not have this directory: all in it is new\n", textview.Escape(revision))
			return surface.Make(nil)
		}
	}
	r, _, err := f.surfaceOf(ctx, std, dir, patterns)
	if err != nil && revision != "" {
		return r, fmt.Errorf("%s: %w", revision, err)
	}
	return r, err
}
