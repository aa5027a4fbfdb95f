package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/backstop-go/backstop/cmd/backstop/internal/labrun"
	"github.com/backstop-go/backstop/cmd/backstop/internal/labrun/experiment"
)

// experimentFlags are those of `backstop lab experiment` alone.
type experimentFlags struct {
	goroutines   []int
	p            float64
	repeat       int
	report, from string
}

func (e *experimentFlags) declare(fs *flag.FlagSet) {
	fs.Func("n", "experiment: `numbers` of goroutines for recover-storm, with commas", e.addGoroutines)
	fs.Float64Var(&e.p, "p", experiment.DefaultP, "experiment: `probability` of a panic in recover-storm")
	fs.IntVar(&e.repeat, "repeat", 0, "experiment: run each case `n` times; default: 5, the large ones less often")
	fs.StringVar(&e.report, "report", "", "experiment: write a page with plots, and the numbers, into this `directory`")
	fs.StringVar(&e.from, "from", "", "experiment: measure nothing, take the numbers of this `file`")
}

func (e *experimentFlags) addGoroutines(v string) error {
	for _, word := range strings.Split(v, ",") {
		n, err := strconv.Atoi(strings.ReplaceAll(strings.TrimSpace(word), "_", ""))
		if err != nil {
			return fmt.Errorf("%q is no number of goroutines", word)
		}
		e.goroutines = append(e.goroutines, n)
	}
	return nil
}

// experiment measures, and shows what it found. What is measured depends on the
// machine and the minute, so nothing is kept in the cache.
func (f *labFlags) experiment(ctx context.Context, std stdio, args []string) error {
	report, err := f.measured(ctx, std, args)
	if err != nil {
		return err
	}
	var numbers bytes.Buffer
	e := json.NewEncoder(&numbers)
	e.SetEscapeHTML(false)
	if f.format == "text" {
		e.SetIndent("", " ")
	}
	if err := e.Encode(report); err != nil {
		return err
	}
	if f.format == "json" {
		if _, err := std.out.Write(numbers.Bytes()); err != nil {
			return err
		}
	} else if _, err := fmt.Fprint(std.out, report.Text()); err != nil {
		return err
	}
	if f.numbers.report != "" {
		if err := report.Write(f.numbers.report, numbers.Bytes()); err != nil {
			return err
		}
	}
	if len(report.Toolchains) == 0 {
		return errors.New("no toolchain could be had: nothing was measured")
	}
	return nil
}

func (f *labFlags) measured(ctx context.Context, std stdio, args []string) (*experiment.Report, error) {
	if f.numbers.from != "" {
		text, err := os.ReadFile(f.numbers.from)
		if err != nil {
			return nil, err
		}
		report := new(experiment.Report)
		if err := json.Unmarshal(text, report); err != nil {
			return nil, withHint(fmt.Errorf("read numbers from %s: %w", f.numbers.from, err), "-from takes what -format json printed")
		}
		return report, nil
	}
	if f.toolchains == "" {
		f.toolchains = labrun.Local()
	}
	names, err := f.names(f.toolchains)
	if err != nil {
		return nil, err
	}
	l, progress, err := f.open(std)
	if err != nil {
		return nil, err
	}
	defer progress.clear()
	report, err := experiment.Run(ctx, l, experiment.Options{
		Only: args, Toolchains: names, N: f.numbers.goroutines, P: f.numbers.p, Repeat: f.numbers.repeat,
	}, progress.say)
	var input *experiment.InputError
	if errors.As(err, &input) {
		return nil, withHint(usageError("lab experiment: %s", input.Problem), "%s", input.Hint)
	}
	return report, err
}
