// Package backstop is panic governance for Go services, inside the process: it
// captures panics with the request they happened in, and watches from a second
// process for the crashes that no recover can see.
//
// Call [Start] first thing in main. Then wrap the HTTP handler with [Handler],
// start goroutines with [Go] or a [Group], and put
//
//	defer backstop.Guard(ctx)
//
// at the top of a goroutine that has to crash when it panics, or [Recover] where
// it has to go on. [Capture] reports what you recovered yourself.
//
// The package needs nothing but the standard library. Nothing happens before
// Start: guards recover or re-panic as they promise, and count what nobody was
// told. A guard without a panic costs a few nanoseconds and no allocation. A
// captured panic costs the goroutine its program counters and the text of the
// value; everything else happens elsewhere (the main goroutine, whose end is the
// program's, writes its event itself), events wait on disk, and what does
// not fit is dropped and counted. A fault in this package never reaches the
// program.
//
// The package does not see a panic that somebody else recovers, a process killed
// from outside, or os.Exit: `backstop run` does.
package backstop

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/backstop-go/backstop/internal/monitor"
	"github.com/backstop-go/backstop/internal/spool"
)

// ErrStarted is returned by Start when it was called before.
var ErrStarted = errors.New("backstop: already started")

var (
	starting sync.Mutex
	// current is the running agent, nil before Start and after Stop.
	current atomic.Pointer[agent]
	// untold counts panics that were recovered while no agent ran. They are
	// reported as dropped.
	untold atomic.Uint64
)

// Start begins to report. Call it first thing in main, before the program opens
// files, ports or databases: the monitor is the same executable started again,
// and everything that runs before Start runs in it too, package initialisation
// included. In the monitor, Start does not return.
//
// Start fails when it was called before ([ErrStarted]) or when there is no
// directory to spool to; the program may go on, guards then only recover. When
// merely the monitor cannot be started (before Go 1.23, on Windows, without
// permission to fork), Start succeeds, logs a warning, and what recover cannot
// catch goes unreported.
//
// Start sets the traceback level to "all" and, from Go 1.26, appends
// tracebacklabels=1 to GODEBUG (see [Options]).
func Start(o Options) (err error) {
	if c, ok := monitor.Child(); ok {
		os.Exit(monitor.Run(c))
	}
	starting.Lock()
	defer starting.Unlock()
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("start backstop: fault: %v", v)
		}
	}()
	checkFault("start")
	if current.Load() != nil {
		return ErrStarted
	}
	a, err := newAgent(o.withDefaults())
	if err != nil {
		return fmt.Errorf("start backstop: %w", err)
	}
	setTraceback(a.options.Traceback)
	if !a.options.DisableLabels {
		enableTracebackLabels()
	}
	learnCallSites()
	a.startMonitor()
	a.work()
	current.Store(a)
	return nil
}

// Stop ends reporting: it writes what was captured to the spool, delivers the
// spool if there is a collector, and lets the monitor go. When ctx is done
// first, or the collector is away, it returns an error and the events stay on
// disk for the next Start. A nil ctx means context.Background. Start may be called
// again afterwards.
//
// A program that ends without Stop loses nothing that was captured more than an
// instant before, or on the main goroutine: the monitor outlives it.
func Stop(ctx context.Context) (err error) {
	starting.Lock()
	defer starting.Unlock()
	if ctx == nil {
		ctx = context.Background()
	}
	a := current.Swap(nil)
	if a == nil {
		return nil
	}
	defer func() {
		if v := recover(); v != nil {
			a.end()
			err = fmt.Errorf("stop backstop: fault: %v", v)
		}
	}()
	checkFault("stop")
	if err := a.stop(ctx); err != nil {
		return fmt.Errorf("stop backstop: %w", err)
	}
	return nil
}

// setTraceback asks the runtime for the stacks of all goroutines, unless
// whoever started the program has decided (runtime/debug.SetTraceback).
func setTraceback(level string) {
	if os.Getenv("GOTRACEBACK") == "" {
		debug.SetTraceback(level)
	}
}

// addGODEBUG adds a setting to those of the environment, unless it is there.
// The runtime notices (runtime/runtime1.go, reparsedebugvars). Programs that
// this one starts inherit it; those that do not know it ignore it.
func addGODEBUG(name, value string) {
	old := os.Getenv("GODEBUG")
	for _, kv := range strings.Split(old, ",") {
		if k, _, _ := strings.Cut(kv, "="); k == name {
			return
		}
	}
	if old != "" {
		old += ","
	}
	os.Setenv("GODEBUG", old+name+"="+value) //nolint:errcheck // fails for malformed names only
}

func openSpool(o Options) (*spool.Spool, error) {
	if o.SpoolDir != "" {
		return spool.Open(o.SpoolDir, spool.Options{MaxBytes: o.SpoolBytes})
	}
	var errs []error
	for _, dir := range spoolDirs(o.Service) {
		sp, err := spool.Open(dir, spool.Options{MaxBytes: o.SpoolBytes})
		if err == nil {
			return sp, nil
		}
		errs = append(errs, err)
	}
	return nil, errors.Join(errs...)
}
