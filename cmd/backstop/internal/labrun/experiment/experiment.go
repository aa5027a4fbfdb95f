// Package experiment measures what depends on how many goroutines there are, how
// deep their stacks, how the runtime is set: whether recover still works and how
// long it takes, what a death costs, what a stack overflow costs.
//
// Start with [Run]; a [Report] is data, and what it says in words is computed
// from its numbers ([Report.Page], [Report.Text]).
package experiment

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/backstop-go/backstop/cmd/backstop/internal/labrun"
	"github.com/backstop-go/backstop/lab/scenario"
)

// An Experiment is one question.
type Experiment struct {
	Name string
	Asks string
	run  func(context.Context, *bench) error
}

// All lists the experiments in the order in which they run.
func All() []Experiment {
	return []Experiment{
		{"recover-storm", "does recover fail, or take long, when many goroutines panic at once?", recoverStorm},
		{"parameters", "what do GOMAXPROCS, the collector, preemption, depth and debug.Stack change?", parameters},
		{"death", "how long does a program take to die, and how much does it print?", deaths},
		{"stack-overflow", "what does a stack overflow cost, and what does debug.SetMaxStack save?", overflows},
	}
}

// Options say what to measure. The zero value measures everything.
type Options struct {
	Only       []string // names of experiments; default: all
	Toolchains []string // as GOTOOLCHAIN names them
	N          []int    // goroutines of recover-storm; default: Sizes
	P          float64  // probability of a panic in recover-storm
	Repeat     int      // runs of each case; default 5, fewer for the large ones
}

// Sizes are the numbers of goroutines of recover-storm. One article places a
// critical point at 786,432.
var Sizes = []int{10_000, 100_000, 500_000, 786_432, 1_000_000}

// DefaultP is the usual probability of a panic.
const DefaultP = 0.05

// A Report is what was measured.
type Report struct {
	Started    time.Time   `json:"started"`
	Finished   time.Time   `json:"finished"`
	Host       Host        `json:"host"`
	Toolchains []string    `json:"toolchains"`
	P          float64     `json:"p"`
	Storms     []Storm     `json:"storms,omitempty"`
	Searches   []Search    `json:"searches,omitempty"`
	Parameters []Parameter `json:"parameters,omitempty"`
	Deaths     []Death     `json:"deaths,omitempty"`
	Overflows  []Overflow  `json:"overflows,omitempty"`
	NotRun     []NotRun    `json:"not_run,omitempty"`
}

// NotRun says what is missing from a report, and why.
type NotRun struct {
	Experiment string `json:"experiment"`
	Toolchain  string `json:"toolchain"`
	Why        string `json:"why"`
}

// An InputError is a mistake of whoever asked, with the next step.
type InputError struct{ Problem, Hint string }

func (e *InputError) Error() string { return e.Problem }

// Run measures. Cases run one after the other, never two at once: they are large,
// and would disturb each other.
func Run(ctx context.Context, l *labrun.Lab, o Options, note func(string)) (*Report, error) {
	host := readHost()
	o, chosen, tooLarge, err := o.check(host)
	if err != nil {
		return nil, err
	}
	b := &bench{note: note, patience: patience, options: o, report: &Report{Started: time.Now().UTC().Truncate(time.Second), Host: host, P: o.P}}
	b.report.NotRun = tooLarge
	built := make(map[string]labrun.Built)
	for _, name := range o.Toolchains {
		t, err := labrun.FindToolchain(ctx, name)
		if err == nil {
			built[name], err = l.Build(ctx, t, "load", "")
		}
		if err != nil {
			b.report.NotRun = append(b.report.NotRun, NotRun{"all", name, err.Error()})
			continue
		}
		b.report.Toolchains = append(b.report.Toolchains, name)
	}
	b.start = func(ctx context.Context, toolchain string, args, env []string) (*labrun.Trace, error) {
		return l.Start(ctx, built[toolchain], args, env, scenario.Limits{AddressSpace: b.addressSpace()}, b.patience)
	}
	for _, e := range chosen {
		if err := e.run(ctx, b); err != nil {
			return nil, fmt.Errorf("%s: %w", e.Name, err)
		}
	}
	b.report.Finished = time.Now().UTC().Truncate(time.Second)
	b.report.Host.LoadAfter = load()
	return b.report, nil
}

// patience is when a case counts as hanging. The slowest, a death of 100,000
// goroutines, takes 17 s of processor time, and a busy machine makes minutes of it.
const patience = 5 * time.Minute

// check completes the options. Sizes that nobody asked for and that do not fit are
// left out, and said so; sizes that somebody asked for are refused.
func (o Options) check(host Host) (complete Options, chosen []Experiment, tooLarge []NotRun, err error) {
	if !(o.P >= 0 && o.P <= 1) { // not a number is neither
		return o, nil, nil, &InputError{fmt.Sprintf("%g is no probability", o.P), "-p 0.05 lets one goroutine in twenty panic; it is between 0 and 1"}
	}
	if o.Repeat < 0 {
		return o, nil, nil, &InputError{fmt.Sprintf("%d runs of each case cannot be", o.Repeat), "-repeat 5"}
	}
	if o.Repeat == 0 {
		o.Repeat = 5
	}
	if len(o.N) == 0 {
		for _, n := range Sizes {
			if needs(n) <= host.room() {
				o.N = append(o.N, n)
				continue
			}
			tooLarge = append(tooLarge, NotRun{"recover-storm with " + count(n) + " goroutines", "all", "it needs about " + size(needs(n)) + ", and " + size(host.room()) + " can be had here"})
		}
	}
	o.N = slices.Compact(slices.Sorted(slices.Values(o.N)))
	for _, n := range o.N {
		if n < 1 {
			return o, nil, nil, &InputError{fmt.Sprintf("%d goroutines cannot be", n), "-n 100000"}
		}
		if needs(n) > host.room() {
			return o, nil, nil, &InputError{
				fmt.Sprintf("%s goroutines need about %s, and %s can be had here", count(n), size(needs(n)), size(host.room())),
				fmt.Sprintf("-n %d fits", fits(host.room())),
			}
		}
	}
	chosen, err = choose(o.Only)
	return o, chosen, tooLarge, err
}

func choose(names []string) ([]Experiment, error) {
	if len(names) == 0 {
		return All(), nil
	}
	var known []string
	var chosen []Experiment
	for _, e := range All() {
		known = append(known, e.Name)
		if slices.Contains(names, e.Name) {
			chosen = append(chosen, e)
		}
	}
	for _, n := range names {
		if !slices.Contains(known, n) {
			return nil, &InputError{fmt.Sprintf("there is no experiment %q", n), "there are " + strings.Join(known, ", ")}
		}
	}
	return chosen, nil
}

// A bench is what experiments run on. Tests have a start of their own.
type bench struct {
	start   func(ctx context.Context, toolchain string, args, env []string) (*labrun.Trace, error)
	note    func(string)
	options Options
	report  *Report
	// patience is when a case counts as hanging.
	patience time.Duration
}

// addressSpace bounds a case that is larger than we think.
func (b *bench) addressSpace() uint64 {
	largest := uint64(0)
	for _, n := range b.options.N {
		largest = max(largest, needs(n))
	}
	return max(6<<30, 2*largest)
}

// a sighting is one run of program load.
type sighting struct {
	trace *labrun.Trace
	load  float64 // of the machine, just before
	died  string  // how it ended, where it should have ended well
}

// see runs a case and decodes what it printed into v. A case that died or hung is
// no error: it is what was seen.
func (b *bench) see(ctx context.Context, toolchain string, v any, env []string, args ...string) (sighting, error) {
	if b.note != nil {
		b.note(strings.Join(append([]string{toolchain}, append(env, args...)...), " "))
	}
	s := sighting{load: load()}
	var err error
	if s.trace, err = b.start(ctx, toolchain, args, env); err != nil {
		return s, err
	}
	r := &s.trace.Result
	switch {
	case r.Hung:
		s.died = "hung"
	case r.Signal != 0:
		s.died = fmt.Sprintf("signal %d: %s", r.Signal, headline(s.trace.Stderr))
	case r.Exit != nil && *r.Exit != 0:
		s.died = fmt.Sprintf("exit status %d: %s", *r.Exit, headline(s.trace.Stderr))
	}
	if len(s.trace.Stdout) == 0 {
		if s.died == "" {
			return s, errors.New("the program printed nothing")
		}
		return s, nil
	}
	if err := json.Unmarshal(s.trace.Stdout, v); err != nil {
		return s, fmt.Errorf("read what the program printed: %w", err)
	}
	return s, nil
}

// headline is the line of a traceback that says what happened.
func headline(stderr []byte) string {
	text := string(stderr)
	for _, line := range strings.Split(text, "\n") {
		if strings.HasPrefix(line, "panic: ") || strings.HasPrefix(line, "fatal error: ") {
			return line
		}
	}
	first, _, _ := strings.Cut(text, "\n")
	return first
}
