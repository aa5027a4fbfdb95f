package experiment

import (
	"context"
	"strconv"
)

// An Overflow is a recursion without end that ran into the limit of its stack.
// Times are in nanoseconds, the least of the runs.
type Overflow struct {
	Toolchain string  `json:"toolchain"`
	Max       int     `json:"max_stack_bytes"` // bytes given to debug.SetMaxStack; 0: the runtime's own limit
	Runs      int     `json:"runs"`
	Wall      int64   `json:"wall_ns"`
	CPU       int64   `json:"cpu_ns"`
	Memory    int64   `json:"memory_bytes"` // bytes, the largest resident set
	Stderr    int64   `json:"stderr_bytes"`
	End       string  `json:"end"`
	Load      float64 `json:"load"`
}

// defaultMaxStack is the runtime's own limit where pointers have 64 bits.
const defaultMaxStack = 1_000_000_000

// Limit is the largest stack in bytes.
func (o *Overflow) Limit() int {
	if o.Max == 0 {
		return defaultMaxStack
	}
	return o.Max
}

var maxStacks = []int{1 << 20, 16 << 20, 64 << 20, 256 << 20, 0}

func overflows(ctx context.Context, b *bench) error {
	for _, t := range b.report.Toolchains {
		for _, limit := range maxStacks {
			o, err := b.overflow(ctx, t, limit)
			if err != nil {
				return err
			}
			b.report.Overflows = append(b.report.Overflows, o)
		}
	}
	return nil
}

func (b *bench) overflow(ctx context.Context, toolchain string, limit int) (Overflow, error) {
	o := Overflow{Toolchain: toolchain, Max: limit, Runs: min(b.options.Repeat, 3)}
	var wall, cpu []int64
	for range o.Runs {
		var before dying
		run, err := b.see(ctx, toolchain, &before, nil, "overflow", "-max", strconv.Itoa(limit))
		if err != nil {
			return o, err
		}
		w, c := after(run, before)
		wall, cpu = append(wall, w), append(cpu, c)
		o.Memory = max(o.Memory, run.trace.Result.Memory)
		o.Stderr, o.End, o.Load = max(o.Stderr, run.trace.StderrSize), run.died, max(o.Load, run.load)
	}
	o.Wall, o.CPU = least(wall), least(cpu)
	return o, nil
}
