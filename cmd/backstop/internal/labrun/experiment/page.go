package experiment

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// A part is one experiment in the report.
type part struct {
	name, title, how string
	verdict          []string
	table            table
	plots            []string
}

func (r *Report) parts() []part {
	var all []part
	if len(r.Storms) > 0 {
		all = append(all, part{
			"recover-storm", "Recover against the number of goroutines",
			fmt.Sprintf("N goroutines wait behind a barrier, are let go together, and %s of them panic, five frames below a deferred recover of their own. None ends before all have, so N are alive at each panic. A second guard behind the first counts what the first missed. Latency is from just before the panic, its value being at hand, to just after recover.", percentShort(r.P)),
			r.StormVerdict(), r.stormTable(),
			[]string{"storm-success.svg", "storm-latency.svg"},
		})
	}
	if len(r.Parameters) > 0 {
		all = append(all, part{
			"parameters", "What settings change",
			fmt.Sprintf("%s goroutines, all of which panic. Processor time for each panic is that of the whole storm, less that of the same storm without panics, divided; where something else in the process takes processor time it is not given. Percentiles are medians of the runs. Stacks have grown before, except where it is said; the value of a panic is made before the clock starts, except where it is made late: to make one takes memory, and who takes memory may have to help the collector.", count(parameterN)),
			r.ParameterVerdict(), r.parameterTable(),
			[]string{"parameters.svg"},
		})
	}
	if len(r.Deaths) > 0 {
		all = append(all, part{
			"death", "Time and size of a death",
			"A panic that nobody recovers, while other goroutines wait, three frames deep. Time is from the panic to the parent's knowledge of the end, standard error being a file; times are the least of the runs.",
			r.DeathVerdict(), r.deathTable(),
			[]string{"death.svg"},
		})
	}
	if len(r.Overflows) > 0 {
		all = append(all, part{
			"stack-overflow", "Stack overflow against its limit",
			"A recursion without end under debug.SetMaxStack. Times are the least of the runs.",
			r.OverflowVerdict(), r.overflowTable(),
			[]string{"stack-overflow.svg"},
		})
	}
	return all
}

// Page is the report as Markdown, beside the files of [Report.Plots].
func (r *Report) Page() string {
	var b strings.Builder
	b.WriteString("# Experiments with numbers\n\n")
	fmt.Fprintf(&b, "Written by `backstop lab experiment -report DIR`; the sentences are computed from the\nnumbers. %s\n", r.where())
	for _, n := range r.NotRun {
		fmt.Fprintf(&b, "\nNot run: %s on %s: %s.\n", n.Experiment, n.Toolchain, strings.ReplaceAll(n.Why, "\n", " "))
	}
	for _, p := range r.parts() {
		fmt.Fprintf(&b, "\n## %s\n\n%s\n\n", p.title, p.how)
		for _, s := range p.verdict {
			fmt.Fprintf(&b, "- %s\n", s)
		}
		for _, f := range p.plots {
			fmt.Fprintf(&b, "\n![%s](%s)\n", p.title, f)
		}
		fmt.Fprintf(&b, "\n%s\n", p.table.markdown())
		fmt.Fprintf(&b, "Again: `backstop lab experiment -go %s %s`\n", r.again(), p.name)
	}
	return b.String()
}

func (r *Report) where() string {
	return fmt.Sprintf("Measured on %s, in %s, on %s with %s of memory (%s, kernel %s), with %s. The load average was %.1f before and %.1f after, and is given with each number: on a machine that others use, compare ratios.",
		r.Started.Format("2006-01-02"), r.Finished.Sub(r.Started).Round(time.Second), plural(r.Host.CPUs, "processor", "processors"), size(r.Host.Memory), r.Host.Arch, r.Host.Kernel, list(r.Toolchains), r.Host.LoadBefore, r.Host.LoadAfter)
}

func (r *Report) again() string {
	var names []string
	for _, t := range r.Toolchains {
		names = append(names, short(t))
	}
	return strings.Join(names, ",")
}

// Text is the report for a terminal.
func (r *Report) Text() string {
	var b strings.Builder
	for i, p := range r.parts() {
		if i > 0 {
			b.WriteString("\n")
		}
		fmt.Fprintf(&b, "%s\n\n%s\n", strings.ToUpper(p.name), p.table.text())
		for _, s := range p.verdict {
			fmt.Fprintln(&b, strings.ReplaceAll(s, "**", ""))
		}
	}
	for _, n := range r.NotRun {
		fmt.Fprintf(&b, "not run: %s on %s: %s\n", n.Experiment, n.Toolchain, n.Why)
	}
	return b.String()
}

// Write puts the page, the plots and the numbers into a directory.
func (r *Report) Write(dir string, numbers []byte) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("make a place for the report: %w", err)
	}
	files := r.Plots()
	files["experiments.md"] = []byte(r.Page())
	files["experiments.json"] = numbers
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o644); err != nil {
			return fmt.Errorf("write the report: %w", err)
		}
	}
	return nil
}
