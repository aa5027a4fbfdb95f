// Package compat is `backstop lab compat`: it runs somebody's own program or tests
// as built by one Go toolchain after the other, lets the SDK's points in it panic
// one by one, and checks what arrives at a collector: each panic once, with its
// class, trace id, release and environment, while the program goes on or ends as it
// should.
//
// Start with [Run]. A run in which the fault did not demonstrably happen is
// Invalid, never a pass. What could not be run says why. The program's module is
// not touched: builds go into a temporary directory, which is removed.
package compat

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/backstop-go/backstop/cmd/backstop/internal/labrun"
)

// Options say what to run and on what.
type Options struct {
	Command    []string // as after "--": go test ..., go run ..., a package, an executable
	Dir        string   // where it is to be understood and run; default: the working directory
	Toolchains []string // as labrun.Select names them
	Points     []string // to be armed; empty: all that were passed without faults
	Requests   []Request
	AtOnce     int           // requests that panic at once; default 8
	Wait       time.Duration // for an answer, an event or an end; default 10 s
	Limit      time.Duration // for a program or tests that end by themselves; default 10 min
	// Note is told what is being done, and Done how many toolchains are through;
	// default: nobody.
	Note func(what string)
	Done func(done, total int)
}

// A Hinted error has a next step for people.
type Hinted struct {
	Err  error
	Hint string
}

func (e *Hinted) Error() string { return e.Err.Error() }
func (e *Hinted) Unwrap() error { return e.Err }

func hinted(hint, format string, args ...any) error {
	return &Hinted{fmt.Errorf(format, args...), hint}
}

// Run does it all. The report has a column for each toolchain, whatever happened
// to it; the error is about the command or the machine.
func Run(ctx context.Context, o Options) (*Report, error) {
	if o.AtOnce <= 0 {
		o.AtOnce = 8
	}
	if o.Wait <= 0 {
		o.Wait = 10 * time.Second
	}
	if o.Limit <= 0 {
		o.Limit = 10 * time.Minute
	}
	if o.Note == nil {
		o.Note = func(string) {}
	}
	if o.Done == nil {
		o.Done = func(int, int) {}
	}
	if o.Dir == "" {
		dir, err := os.Getwd()
		if err != nil {
			return nil, err
		}
		o.Dir = dir
	}
	temp, err := os.MkdirTemp("", "backstop-compat-")
	if err != nil {
		return nil, fmt.Errorf("make a temporary directory: %w", err)
	}
	defer removeAll(temp)

	target, err := understand(ctx, o)
	if err != nil {
		return nil, err
	}
	r := &Report{Command: o.Command}
	o.Done(0, len(o.Toolchains))
	for i, name := range o.Toolchains {
		c := &column{o: &o, target: target, temp: temp, toolchain: name}
		c.note = func(what string) { o.Note(name + ": " + what) }
		if err := c.measure(ctx); err != nil {
			return nil, err
		}
		r.Cells = append(r.Cells, c.cells...)
		o.Done(i+1, len(o.Toolchains))
	}
	return r, nil
}

// A column is one toolchain's part of the report.
type column struct {
	o         *Options
	target    target
	temp      string
	toolchain string
	note      func(string)

	program program
	runs    int
	cells   []Cell
}

// measure fills the column. An error is nothing that the toolchain has to do with.
func (c *column) measure(ctx context.Context) error {
	c.note("making ready")
	t, err := labrun.FindToolchain(ctx, c.toolchain)
	if err != nil {
		return c.absent(ctx, err)
	}
	c.note("building")
	var failed *buildError
	c.program, err = c.target.build(ctx, t, c.temp)
	switch {
	case errors.As(err, &failed) && failed.tooNew != "":
		c.add("", Build, NotRun, "", failed.tooNew)
		return nil
	case errors.As(err, &failed):
		c.add("", Build, Fail, "", failed.Error())
		return nil
	case err != nil:
		return err
	}

	c.note("running without faults")
	plain, err := c.run(ctx, arming{request: -1})
	if err != nil {
		return err
	}
	if plain.tooNew != "" { // go test finds out when it runs
		c.add("", Build, NotRun, "", plain.tooNew)
		return nil
	}
	c.add("", Build, Pass, "", "")
	if why := plain.broken(); why != "" {
		c.add("", Plain, Fail, "", why)
		return nil
	}
	c.add("", Plain, Pass, "", "")
	points := c.o.Points
	if len(points) == 0 {
		points = plain.passed()
	}
	if len(points) == 0 {
		c.add("", Fired, Invalid, "", "no point of the SDK was passed: backstop.Point marks them (docs/sdk.md), and the command has to get there")
		return nil
	}
	for i, p := range points {
		c.note(fmt.Sprintf("%s panics (%d of %d)", p, i+1, len(points)))
		armed, err := c.run(ctx, c.armingOf(p, plain))
		if err != nil {
			return err
		}
		c.cells = append(c.cells, judge(c.toolchain, p, plain, armed)...)
	}
	if idle := without(plain.passed(), points); len(idle) > 0 {
		c.add("", Idle, NotApplicable, list(idle), "passed, and not armed")
	}
	return nil
}

func (c *column) absent(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	c.add("", Build, NotRun, "", oneLine(err.Error()))
	return nil
}

func (c *column) add(point string, check Check, r Result, value, detail string) {
	c.cells = append(c.cells, Cell{Toolchain: c.toolchain, Point: point, Check: check, Result: r, Value: value, Detail: detail})
}

// removeAll tries for a moment: a monitor that was just told that its process has
// ended may still put its last file down.
func removeAll(dir string) {
	for range 40 {
		if os.RemoveAll(dir) == nil {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
}
