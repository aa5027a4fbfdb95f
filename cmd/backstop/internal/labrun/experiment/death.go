package experiment

import (
	"context"
	"strconv"
	"time"
)

// A Death is a panic that nobody recovered. Times are in nanoseconds, the least
// of the runs.
type Death struct {
	Toolchain string  `json:"toolchain"`
	N         int     `json:"n"`     // goroutines that waited
	Level     string  `json:"level"` // GOTRACEBACK
	Runs      int     `json:"runs"`
	Wall      int64   `json:"wall_ns"`      // from panic to the parent's knowledge of the end
	CPU       int64   `json:"cpu_ns"`       // processor time after the panic
	Stderr    int64   `json:"stderr_bytes"` // bytes
	End       string  `json:"end"`
	Load      float64 `json:"load"`
}

// The cases of experiment death.
var (
	deathSizes = []int{10, 100, 1_000, 10_000, 100_000}
	levels     = []string{"none", "single", "all", "system", "crash"}
)

// dying is what program load prints before it panics.
type dying struct {
	At  int64 `json:"at_us"`
	CPU int64 `json:"cpu_ns"`
}

func deaths(ctx context.Context, b *bench) error {
	for _, t := range b.report.Toolchains {
		for _, level := range levels {
			for _, n := range deathSizes {
				d, err := b.death(ctx, t, level, n)
				if err != nil {
					return err
				}
				b.report.Deaths = append(b.report.Deaths, d)
			}
		}
	}
	return nil
}

func (b *bench) death(ctx context.Context, toolchain, level string, n int) (Death, error) {
	d := Death{Toolchain: toolchain, N: n, Level: level, Runs: min(b.options.Repeat, 3)}
	if n >= 100_000 && level != "none" && level != "single" {
		d.Runs = 1
	}
	var wall, cpu []int64
	for range d.Runs {
		var before dying
		run, err := b.see(ctx, toolchain, &before, []string{"GOTRACEBACK=" + level}, "death", "-n", strconv.Itoa(n))
		if err != nil {
			return d, err
		}
		w, c := after(run, before)
		wall, cpu = append(wall, w), append(cpu, c)
		d.Stderr, d.End, d.Load = max(d.Stderr, run.trace.StderrSize), run.died, max(d.Load, run.load)
	}
	d.Wall, d.CPU = least(wall), least(cpu)
	return d, nil
}

// after is the time, and the processor time, between what a program printed last
// and its end as its parent saw it.
func after(run sighting, before dying) (wall, cpu int64) {
	r := &run.trace.Result
	wall = (r.Began + r.Wall - before.At) * int64(time.Microsecond)
	return wall, (r.User+r.System)*int64(time.Microsecond) - before.CPU
}
