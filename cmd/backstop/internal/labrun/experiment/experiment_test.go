package experiment

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/backstop-go/backstop/cmd/backstop/internal/labrun"
	"github.com/backstop-go/backstop/internal/crashtest"
	"github.com/backstop-go/backstop/lab/scenario"
)

// failing measures a world in which recover fails from a number of goroutines on.
func failing(from int) func(int) (Storm, error) {
	return func(n int) (Storm, error) {
		s := Storm{Toolchain: "go1.99", N: n, P: 0.05, Runs: 1, Panicked: n / 20, Recovered: n / 20, P50: 500, P99: 5000, P999: 6000, Max: 7000}
		if n >= from {
			s.Recovered, s.Missed = s.Panicked*4/5, s.Panicked-s.Panicked*4/5
		}
		return s, nil
	}
}

func TestSearchFindsACriticalPoint(t *testing.T) {
	for _, at := range []int{100, 10_000, 12_345, 786_432, 999_999, 1_000_000} {
		found, storms, err := search(Sizes, failing(at))
		if err != nil {
			t.Fatal(err)
		}
		if found.Critical < at || found.Critical > at+at/50+1 {
			t.Errorf("critical point at %d: found %+v", at, found)
		}
		if found.Good >= at {
			t.Errorf("critical point at %d: %d counts as good", at, found.Good)
		}
		if !slices.IsSortedFunc(storms, func(a, b Storm) int { return a.N - b.N }) {
			t.Errorf("storms are out of order")
		}
	}
	found, storms, err := search(Sizes, failing(math.MaxInt))
	if err != nil || found.Critical != 0 || found.Bound != 1_000_000 || len(storms) != len(Sizes) {
		t.Errorf("nothing fails: found %+v in %d storms, %v", found, len(storms), err)
	}
}

func stormReport(t *testing.T, from int) *Report {
	t.Helper()
	found, storms, err := search(Sizes, failing(from))
	if err != nil {
		t.Fatal(err)
	}
	found.Toolchain = "go1.99"
	return &Report{Toolchains: []string{"go1.99"}, P: 0.05, Storms: storms, Searches: []Search{found}}
}

func TestVerdictsFollowTheNumbers(t *testing.T) {
	whole := strings.Join(stormReport(t, math.MaxInt).StormVerdict(), "\n")
	if !strings.Contains(whole, "There is no critical point up to 1,000,000 goroutines** on go1.99") || !strings.Contains(whole, "0 of 4 measurements agree with its rates") {
		t.Errorf("nothing fails: %s", whole)
	}
	broken := strings.Join(stormReport(t, 786_432).StormVerdict(), "\n")
	if strings.Contains(broken, "no critical point") || !strings.Contains(broken, "recover fails from about 78") && !strings.Contains(broken, "recover fails from about 79") {
		t.Errorf("fails at 786,432: %s", broken)
	}
	agreeing := stormReport(t, math.MaxInt)
	for i := range agreeing.Storms {
		s := &agreeing.Storms[i]
		for _, c := range claimed {
			if c.N == s.N {
				s.Recovered = int(math.Round(float64(s.Panicked) * c.Rate))
			}
		}
	}
	if got := agreeing.againstClaim(); !strings.Contains(got, "agree with what was measured") {
		t.Errorf("an article that is right is told: %s", got)
	}
	dead := stormReport(t, math.MaxInt)
	dead.Storms[4].Died = "exit status 2: panic: 7"
	if dead.Storms[4].Whole() || dead.Storms[4].Rate() != 0 {
		t.Error("a storm that killed its process counts as recovered")
	}

	r := &Report{Toolchains: []string{"go1.99"}, Parameters: []Parameter{
		{Toolchain: "go1.99", Group: "usual", Runs: 5, Panicked: 100, Recovered: 100, PerPanic: 500, P50: 400, P99: 800},
		{Toolchain: "go1.99", Group: "debug.Stack in the handler", Runs: 5, Panicked: 100, Recovered: 100, PerPanic: 20_000, P50: 450},
		{Toolchain: "go1.99", Group: "asyncpreemptoff", Value: "1", Runs: 5, Panicked: 100, Recovered: 100, P50: 450},
	}}
	text := strings.Join(r.ParameterVerdict(), "\n")
	for _, want := range []string{"No setting loses a panic", "With debug.Stack in the handler: **×40**", "With asyncpreemptoff=1: no difference"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in %s", want, text)
		}
	}
	r.Parameters[2].Recovered, r.Parameters[2].P50 = 99, 4000
	text = strings.Join(r.ParameterVerdict(), "\n")
	for _, want := range []string{"1 of 300 panics were not recovered", "With asyncpreemptoff=1: **×10**"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in %s", want, text)
		}
	}

	deaths := &Report{Deaths: []Death{
		{Level: "all", N: 10, Wall: 1e6, Stderr: 2000},
		{Level: "all", N: 100_000, Wall: 9e8, Stderr: 30_002_000},
		{Level: "none", N: 10, Wall: 1e6, Stderr: 30},
		{Level: "none", N: 100_000, Wall: 2e6, Stderr: 30},
	}}
	text = strings.Join(deaths.DeathVerdict(), "\n")
	if !strings.Contains(text, "GOTRACEBACK=all prints about 300 B for each goroutine") || !strings.Contains(text, "GOTRACEBACK=none prints 30 B whether 10 or 100,000 goroutines wait") {
		t.Errorf("deaths: %s", text)
	}
}

func TestBadInput(t *testing.T) {
	host := Host{Available: 8 << 30}
	for name, o := range map[string]Options{
		"negative p":        {P: -0.1},
		"p above one":       {P: 1.5},
		"p is no number":    {P: math.NaN()},
		"no goroutine":      {N: []int{0}},
		"too many":          {N: []int{1000, 100_000_000}},
		"unknown":           {Only: []string{"storms"}},
		"negative repeats":  {Repeat: -1},
		"negative, too few": {N: []int{math.MinInt}},
	} {
		_, _, _, err := o.check(host)
		var input *InputError
		if !errors.As(err, &input) || input.Hint == "" || input.Problem == "" {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, _, _, err := Options{N: []int{100_000_000}}.check(host)
	var input *InputError
	if !errors.As(err, &input) || input.Hint != "-n 1000000 fits" {
		t.Errorf("too many: %v, hint %q", err, input.Hint)
	}
	o, _, tooLarge, err := Options{}.check(Host{Available: 2 << 30})
	if err != nil || !slices.Equal(o.N, []int{10_000, 100_000}) || len(tooLarge) != 3 {
		t.Errorf("a small host measures %v, leaves %v, %v", o.N, tooLarge, err)
	}
}

// TestReal builds the program and lets it die: an instrument is worth what it can
// see, so some of its handlers recover one call too deep.
func TestReal(t *testing.T) {
	if testing.Short() {
		t.Skip("builds a program")
	}
	ctx := context.Background()
	l, err := labrun.Open(labrun.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	r, err := Run(ctx, l, Options{Only: []string{"recover-storm"}, Toolchains: []string{labrun.Local()}, N: []int{500, 2000}, P: 1, Repeat: 2}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(r.NotRun) > 0 {
		crashtest.Skip(t, "the local toolchain cannot do it here: %v", r.NotRun)
	}
	if s := r.Storms[1]; s.Panicked != 4000 || !s.Whole() || s.P50 <= 0 || s.P50 > s.P99 || s.P99 > s.Max || s.Memory == 0 {
		t.Errorf("storm: %+v", s)
	}
	if found := r.Searches[0]; found.Critical != 0 || found.Bound != 2000 || found.Panics != 5000 {
		t.Errorf("search: %+v", found)
	}

	tool, err := labrun.FindToolchain(ctx, labrun.Local())
	if err != nil {
		t.Fatal(err)
	}
	built, err := l.Build(ctx, tool, "load", "")
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{options: Options{Repeat: 1, P: 1}, report: new(Report), patience: patience}
	b.start = func(ctx context.Context, _ string, args, env []string) (*labrun.Trace, error) {
		return l.Start(ctx, built, args, env, scenario.Limits{}, b.patience)
	}
	spoilt, err := b.gather(ctx, labrun.Local(), 2000, 1, 1, []string{"-spoil", "0.25"})
	if err != nil {
		t.Fatal(err)
	}
	if spoilt.Whole() || spoilt.Missed < 400 || spoilt.Missed > 600 || spoilt.Missed+spoilt.Recovered != spoilt.Panicked {
		t.Errorf("a quarter of the recovers is spoilt, and the storm says %+v", spoilt)
	}
	none, err := b.death(ctx, labrun.Local(), "none", 50)
	if err != nil {
		t.Fatal(err)
	}
	all, err := b.death(ctx, labrun.Local(), "all", 50)
	if err != nil {
		t.Fatal(err)
	}
	if none.Stderr == 0 || all.Stderr < none.Stderr+50*50 || all.Wall <= 0 || !strings.HasPrefix(all.End, "exit status 2: panic: ") {
		t.Errorf("deaths: %+v, %+v", none, all)
	}
	over, err := b.overflow(ctx, labrun.Local(), 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(over.End, "fatal error: stack overflow") || over.Memory == 0 || over.Memory > 100<<20 {
		t.Errorf("overflow: %+v", over)
	}
}

// TestCommittedReport: the page in docs is what the numbers beside it say.
func TestCommittedReport(t *testing.T) {
	dir := filepath.Join("..", "..", "..", "..", "..", "docs", "lab")
	text, err := os.ReadFile(filepath.Join(dir, "experiments.json"))
	if err != nil {
		t.Fatal(err)
	}
	var r Report
	if err := json.Unmarshal(text, &r); err != nil {
		t.Fatal(err)
	}
	files := r.Plots()
	files["experiments.md"] = []byte(r.Page())
	for name, want := range files {
		got, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("docs/lab/%s is not what its numbers give (%v): backstop lab experiment -from docs/lab/experiments.json -report docs/lab", name, err)
		}
		if strings.HasSuffix(name, ".svg") {
			wellFormed(t, name, want)
		}
	}
}

func TestPlotsOfAReport(t *testing.T) {
	r := stormReport(t, 786_432)
	r.Parameters = []Parameter{{Toolchain: "go1.99", Group: "usual", Runs: 1, P50: 400}, {Toolchain: "go1.99", Group: "asyncpreemptoff", Value: "1", Died: "hung"}}
	r.Deaths = []Death{{Toolchain: "go1.99", N: 10, Level: "all", Stderr: 3000, Wall: 1e6}}
	r.Overflows = []Overflow{{Toolchain: "go1.99", Memory: 1 << 30, CPU: 1e9}}
	files := r.Plots()
	if len(files) != 5 {
		t.Errorf("%d plots", len(files))
	}
	for name, svg := range files {
		wellFormed(t, name, svg)
		if !strings.Contains(r.Page(), "]("+name+")") {
			t.Errorf("the page does not show %s", name)
		}
	}
	for name, svg := range new(Report).Plots() {
		t.Errorf("nothing was measured, and %s shows it: %s", name, svg)
	}
}

func wellFormed(t *testing.T, name string, svg []byte) {
	t.Helper()
	d := xml.NewDecoder(bytes.NewReader(svg))
	for {
		if _, err := d.Token(); err == io.EOF {
			break
		} else if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
	for _, bad := range []string{"NaN", "Inf"} {
		if bytes.Contains(svg, []byte(bad)) {
			t.Errorf("%s has %s in it", name, bad)
		}
	}
}
