package experiment

import (
	"context"
	"fmt"
	"strconv"
	"time"
)

// A Parameter is one setting under which many goroutines panicked. Times are in
// nanoseconds: medians of the runs.
type Parameter struct {
	Toolchain string `json:"toolchain"`
	Group     string `json:"group"` // what is varied
	Value     string `json:"value"` // "" is as it usually is
	Runs      int    `json:"runs"`
	Panicked  int    `json:"panicked"`
	Recovered int    `json:"recovered"`
	// PerPanic is processor time: of all goroutines when each panics, less that of
	// the same without panics, divided; of either the least of the runs. 0 where
	// something else took processor time in the process.
	PerPanic int64   `json:"cpu_per_panic_ns,omitempty"`
	P50      int64   `json:"p50_ns"`
	P99      int64   `json:"p99_ns"`
	P999     int64   `json:"p999_ns"`
	GCs      int64   `json:"gcs"`
	Load     float64 `json:"load"`
	Died     string  `json:"died,omitempty"`
}

// Name is how people call the setting.
func (p *Parameter) Name() string {
	if p.Value == "" {
		return p.Group
	}
	return p.Group + "=" + p.Value
}

// A setting is a way to run a storm of parameterN panics.
type setting struct {
	group, value string
	env, args    []string
	busy         bool // something besides panics takes processor time
}

const parameterN = 10_000

const noRoom = "stack depth, not grown before"

var depths = []string{"1", "10", "100", "1000"}

func settings() []setting {
	all := []setting{{group: "usual"}}
	for _, n := range []string{"1", "2", "8"} {
		all = append(all, setting{"GOMAXPROCS", n, []string{"GOMAXPROCS=" + n}, nil, false})
	}
	allocating := []string{"-allocators", "1"}
	for _, v := range []string{"10", "100", "off"} {
		all = append(all, setting{"allocator, GOGC", v, []string{"GOGC=" + v, "GOMEMLIMIT=2GiB"}, allocating, true})
	}
	late := []string{"-allocators", "1", "-late"}
	for _, v := range []string{"10", "off"} {
		all = append(all, setting{"allocator, value made late, GOGC", v, []string{"GOGC=" + v, "GOMEMLIMIT=2GiB"}, late, true})
	}
	all = append(all,
		setting{"CPU spinners", "2", nil, []string{"-spinners", "2"}, true},
		setting{"asyncpreemptoff", "1", []string{"GODEBUG=asyncpreemptoff=1"}, nil, false},
		// A spinner that cannot be interrupted stops everybody who wants to stop the
		// world, such as the collector.
		setting{"asyncpreemptoff, a spinner, GOGC", "off", []string{"GODEBUG=asyncpreemptoff=1", "GOGC=off"}, []string{"-spinners", "1"}, true},
		setting{"asyncpreemptoff, a spinner, GOGC", "10", []string{"GODEBUG=asyncpreemptoff=1", "GOGC=10"}, []string{"-spinners", "1"}, true},
	)
	// A panic needs some stack itself. Where none is left the stack grows in the
	// midst of it, which depends on the size of frames. So it has room in all
	// settings but these.
	for _, d := range depths {
		all = append(all, setting{"stack depth", d, nil, []string{"-depth", d}, false})
	}
	for _, d := range depths {
		all = append(all, setting{noRoom, d, nil, []string{"-depth", d}, false})
	}
	return append(all, setting{group: "debug.Stack in the handler", args: []string{"-stacks"}})
}

// parameters goes through all settings once for each repetition, so that a noisy
// minute falls on all of them.
func parameters(ctx context.Context, b *bench) error {
	usual := b.patience
	defer func() { b.patience = usual }()
	b.patience = min(usual, 20*time.Second) // they take less than one, and some hang
	for _, t := range b.report.Toolchains {
		all := settings()
		gathered := make([]sample, len(all))
		for round := range b.options.Repeat {
			for i, s := range all {
				if err := gathered[i].add(ctx, b, t, s, round); err != nil {
					return err
				}
			}
		}
		for i, s := range all {
			b.report.Parameters = append(b.report.Parameters, gathered[i].parameter(t, s))
		}
	}
	return nil
}

// A sample is the runs of one setting.
type sample struct {
	storm, calm         []int64 // processor time when all panic, and when none does
	p50, p99, p999, gcs []int64
	panicked, recovered int
	load                float64
	died                string
}

func (g *sample) add(ctx context.Context, b *bench, toolchain string, s setting, round int) error {
	if g.died == "hung" { // it would again, and patience is long
		return nil
	}
	var room []string
	if s.group != noRoom {
		room = []string{"-room"}
	}
	ps := []string{"1", "0"}
	if s.busy {
		ps = ps[:1]
	}
	for _, p := range ps {
		var one seen
		args := append([]string{"storm", "-n", strconv.Itoa(parameterN), "-p", p, "-seed", strconv.Itoa(round + 1)}, append(room, s.args...)...)
		run, err := b.see(ctx, toolchain, &one, s.env, args...)
		if err != nil {
			return err
		}
		g.load = max(g.load, run.load)
		switch {
		case run.died != "":
			g.died = run.died
			return nil
		case p == "0":
			g.calm = append(g.calm, one.CPU)
			continue
		}
		g.storm = append(g.storm, one.CPU)
		g.p50, g.p99, g.p999, g.gcs = append(g.p50, one.P50), append(g.p99, one.P99), append(g.p999, one.P999), append(g.gcs, one.GCs)
		g.panicked += one.Panicked
		g.recovered += one.Recovered
	}
	return nil
}

func (g *sample) parameter(toolchain string, s setting) Parameter {
	p := Parameter{
		Toolchain: toolchain, Group: s.group, Value: s.value, Runs: len(g.p50),
		Panicked: g.panicked, Recovered: g.recovered,
		P50: median(g.p50), P99: median(g.p99), P999: median(g.p999), GCs: median(g.gcs),
		Load: g.load, Died: g.died,
	}
	if !s.busy && len(g.calm) > 0 {
		p.PerPanic = max(0, (least(g.storm)-least(g.calm))/parameterN)
	}
	return p
}

// find returns what was measured of a setting.
func (r *Report) find(toolchain, group, value string) (Parameter, error) {
	for _, p := range r.Parameters {
		if p.Toolchain == toolchain && p.Group == group && p.Value == value {
			return p, nil
		}
	}
	return Parameter{}, fmt.Errorf("%s was not measured on %s", group+"="+value, toolchain)
}
