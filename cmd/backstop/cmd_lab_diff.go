package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/backstop-go/backstop/cmd/backstop/internal/labrun"
)

// diff compares two releases, a setting with the default one, or this machine
// with the baselines. Status 1 means that something differs that may not vary.
func (f *labFlags) diff(ctx context.Context, std stdio, args []string) error {
	if len(args) > 2 {
		return withHint(usageError("lab diff takes two releases at most, got %d", len(args)), "backstop lab diff 1.25 1.26")
	}
	other := len(f.env) > 0 || f.goLines != labrun.DefaultGoLine
	var diffs []*labrun.Diff
	var err error
	switch {
	case len(args) == 2 && len(f.settings()) > 1:
		return withHint(usageError("lab diff compares two releases under one setting, not %d", len(f.settings())), "give -env or -go-line once")
	case len(args) == 2:
		diffs, err = f.betweenReleases(ctx, std, args[0], args[1])
	case other:
		diffs, err = f.betweenSettings(ctx, std, args)
	default:
		diffs, err = f.againstBaseline(ctx, std, args)
	}
	if err != nil {
		return err
	}
	steady, compared := true, 0
	for i, d := range diffs {
		compared += d.Compared
		steady = steady && d.Steady()
		if err := f.showDiff(std, d, i); err != nil {
			return err
		}
	}
	if !steady {
		return &exitError{code: exitFail}
	}
	if compared == 0 {
		return withHint(errors.New("lab: nothing was compared"), "the list of what was not run says why")
	}
	return nil
}

func (f *labFlags) showDiff(std stdio, d *labrun.Diff, i int) error {
	if f.format == "json" {
		e := json.NewEncoder(std.out)
		e.SetEscapeHTML(false)
		return e.Encode(d)
	}
	if i > 0 {
		fmt.Fprintln(std.out)
	}
	return d.Markdown(std.out)
}

func (f *labFlags) betweenReleases(ctx context.Context, std stdio, before, after string) ([]*labrun.Diff, error) {
	var sets [2][]labrun.Row
	var titles [2]string
	for i, spec := range []string{before, after} {
		name, err := f.oneRelease(spec)
		if err != nil {
			return nil, err
		}
		titles[i] = name
		if sets[i], err = f.measure(ctx, std, nil, name, f.settings()); err != nil {
			return nil, err
		}
	}
	return []*labrun.Diff{labrun.Compare(titles[0], titles[1], sets[0], sets[1])}, nil
}

func (f *labFlags) oneRelease(spec string) (string, error) {
	names, err := f.names(spec)
	if err != nil {
		return "", err
	}
	if len(names) != 1 {
		return "", withHint(usageError("lab diff: %q is %d releases", spec, len(names)), "name one before and one after: backstop lab diff 1.25 1.26")
	}
	return names[0], nil
}

// betweenSettings compares each setting that was asked for with the default one,
// on one toolchain.
func (f *labFlags) betweenSettings(ctx context.Context, std stdio, args []string) ([]*labrun.Diff, error) {
	spec := f.toolchains
	if len(args) == 1 {
		spec = args[0]
	}
	if spec == "" {
		spec = labrun.Local()
	}
	name, err := f.oneRelease(spec)
	if err != nil {
		return nil, err
	}
	base, err := f.measure(ctx, std, nil, name, []labrun.Setting{{}})
	if err != nil {
		return nil, err
	}
	var diffs []*labrun.Diff
	for _, s := range f.settings() {
		rows, err := f.measure(ctx, std, nil, name, []labrun.Setting{s})
		if err != nil {
			return nil, err
		}
		d := labrun.Compare(name, name+" with "+s.Name(), base, rows)
		d.Checks = nil
		diffs = append(diffs, d)
	}
	return diffs, nil
}

func (f *labFlags) againstBaseline(ctx context.Context, std stdio, args []string) ([]*labrun.Diff, error) {
	spec := f.toolchains
	if len(args) == 1 {
		spec = args[0]
	}
	names, err := f.names(spec)
	if err != nil {
		return nil, err
	}
	var diffs []*labrun.Diff
	for _, name := range names {
		base, from, err := labrun.Baseline(name)
		if err != nil {
			return nil, err
		}
		if base == nil {
			return nil, withHint(fmt.Errorf("there is no baseline of %s", name), "compare it with a release that has one: backstop lab diff 1.27 %s", name)
		}
		rows, err := f.measure(ctx, std, nil, name, f.settings())
		if err != nil {
			return nil, err
		}
		diffs = append(diffs, labrun.Compare("baseline of "+from, name+" here", base, rows))
	}
	return diffs, nil
}
