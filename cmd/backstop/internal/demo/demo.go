// Package demo shows everything else at work: it builds the sample shop, runs
// it under supervision against a collector of its own, makes it crash in every
// way it knows, and checks that each crash arrived exactly once, as the class
// that was declared for it by hand.
//
// Start with [Run]. The package measures and judges; it has no influence on
// what the parts it drives report.
package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"
)

// DefaultListen is where the web pages are when nothing else was asked for.
const DefaultListen = "127.0.0.1:7070"

// ErrNotAsDeclared is returned when a run was completed and not every crash
// arrived as declared. The summary has said what was wrong.
var ErrNotAsDeclared = errors.New("not every crash arrived as declared")

// Options say how to run the demo.
type Options struct {
	Once   bool   // end after the summary; default: keep the pages up until ctx ends
	Listen string // address of the collector; default: DefaultListen, with Once any free port
	JSON   bool   // JSON Lines; default: a table for people
	Dir    string // somewhere in a checkout; default: the working directory

	Out      io.Writer // results
	Progress io.Writer // what goes on meanwhile

	// Colour and moving lines are for terminals only. Width is in columns, 0
	// means 100, and more are not used.
	ColourOut, TerminalProgress bool
	Width                       int
}

// Run runs the demo until it is done, or for a demo that stays up, until ctx
// ends. It leaves nothing behind, however it ends.
func Run(ctx context.Context, o Options) error {
	if o.Listen == "" {
		o.Listen = DefaultListen
		if o.Once {
			o.Listen = "127.0.0.1:0"
		}
	}
	checkout, err := findCheckout(o.Dir)
	if err != nil {
		return err
	}
	temp, err := os.MkdirTemp("", "backstop-demo-")
	if err != nil {
		return fmt.Errorf("make a temporary directory: %w", err)
	}
	defer removeAll(temp)

	p := &progress{w: o.Progress, terminal: o.TerminalProgress, width: o.Width}
	defer p.clear()
	c, err := startCollector(o.Listen, temp)
	if err != nil {
		return err
	}
	defer c.stop()
	bin, err := build(ctx, checkout, temp, p)
	if err != nil {
		return err
	}

	var out renderer = newLines(o.Out)
	if !o.JSON {
		t := newTable(o.Out, o.ColourOut, o.Width, p.clear)
		t.stay = !o.Once
		out = t
	}
	d := &driver{collector: c, watch: newWatcher(c), bin: bin, temp: temp, progress: p, out: out}
	sum, err := d.run(ctx, plan())
	if err != nil {
		return err
	}
	out.summary(sum)
	if !o.Once {
		<-ctx.Done()
		p.clear()
	}
	if len(sum.failures) > 0 {
		return ErrNotAsDeclared
	}
	return nil
}

// removeAll tries for a moment: a monitor that was just told that its process
// has ended may still put its last file down.
func removeAll(dir string) {
	for i := 0; i < 20; i++ {
		if err := os.RemoveAll(dir); err == nil {
			if _, err := os.Stat(dir); errors.Is(err, os.ErrNotExist) {
				return
			}
		}
		time.Sleep(50 * time.Millisecond)
	}
}
