package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"sync"
	"syscall"

	"golang.org/x/term"

	"github.com/backstop-go/backstop/cmd/backstop/internal/source"
	"github.com/backstop-go/backstop/cmd/backstop/internal/supervise"
	"github.com/backstop-go/backstop/cmd/backstop/internal/textview"
	"github.com/backstop-go/backstop/crash"
)

// runWatch passes the output of a program through and shows crashes in it: what
// comes on standard input, or what a command prints on standard error.
func (f *parseFlags) runWatch(ctx context.Context, std stdio, args []string) error {
	if f.format != "text" || f.html != "" || f.summary {
		return withHint(usageError("-watch shows text for people and nothing else"), "pipe the output into a second backstop parse, or use backstop run -out DIR")
	}
	if len(args) > 0 {
		return f.watchCommand(ctx, std, args)
	}
	if in, ok := std.in.(*os.File); ok && !term.IsTerminal(int(in.Fd())) {
		// The keys of the terminal reach the program, too: what it prints as it
		// ends is worth waiting for.
		signal.Ignore(os.Interrupt, syscall.SIGQUIT)
		defer signal.Reset(os.Interrupt, syscall.SIGQUIT)
	}
	in, ok := live(std.in).(pauser)
	if !ok {
		in = steady{std.in}
	}
	if err := watch(in, std.out, f.raw, f.shower(std.out)); err != nil {
		return fmt.Errorf("watch standard input: %w", err)
	}
	return nil
}

// shower returns what shows a crash on w.
func (f *parseFlags) shower(w io.Writer) func(*crash.Report) error {
	style := f.style(w)
	style.Source = source.New(source.Options{Dir: f.src}).Excerpt
	return func(r *crash.Report) error {
		var b bytes.Buffer
		if err := textview.Write(&b, r, style); err != nil {
			return err
		}
		b.WriteByte('\n') // between the crash and what the program says next
		_, err := w.Write(b.Bytes())
		return err
	}
}

// watchCommand runs a command as backstop run does and returns its status.
func (f *parseFlags) watchCommand(ctx context.Context, std stdio, args []string) error {
	shared := supervise.Foreground()
	signals := make(chan os.Signal, 64)
	signal.Notify(signals, supervise.Signals(shared)...)
	defer signal.Stop(signals)
	defer surviveBrokenPipe()()

	r, w := io.Pipe()
	var watching sync.WaitGroup
	watching.Go(func() {
		// Its errors are those of our standard error: nobody is left to tell.
		_ = watch(newLiveReader(r), std.err, f.raw, f.shower(std.err))
	})
	res, err := supervise.Run(ctx, supervise.Options{
		Command: args,
		Stdin:   std.in, Stdout: underlying(std.out), Stderr: w,
		Signals:     signals,
		SharedGroup: shared,
	})
	_ = w.Close() // never fails
	watching.Wait()
	var start *supervise.StartError
	switch {
	case errors.As(err, &start):
		return startFailure("parse -watch", start, args)
	case err != nil:
		return fmt.Errorf("parse -watch: %w", err)
	case res.Code != 0:
		return &exitError{code: res.Code}
	}
	return nil
}
