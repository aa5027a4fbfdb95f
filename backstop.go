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
// The second process reads what the runtime prints when the program dies, how it
// ended (a signal, the OOM killer, os.Exit), and which requests were in flight.
// Neither of the two sees a panic that somebody else recovers, nor one in package
// initialisation, before Start; `backstop run` around the program sees the latter.
//
// What hangs on panics otherwise registers with [OnCrash]. Package safe has more
// guarded tools, package leak watches the number of goroutines, package mark
// writes panics into profiles and execution traces; contrib/ has modules for
// gRPC, gin, OpenTelemetry and Prometheus.
package backstop

import (
	"context"
	"errors"
	"os"
	"sync"
	"sync/atomic"

	"github.com/backstop-go/backstop/internal/errs"
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
// The program may go on whatever Start returns. A [*DegradedError] says what does
// not work, why, and what to do about it: no monitor (before Go 1.23, on Windows,
// without permission to fork), no directory to spool to, a collector's URL that
// is none, no table of requests in flight. Everything else has been started.
// [ErrStarted] says that it was called before.
//
// In a program with more rights than who started it (set-user-ID), Start does not
// look at the environment, there is no monitor, and no spool but Options.SpoolDir.
//
// Start sets the traceback level (see [Options]), and where less than 1.2 GB of
// memory is allowed a smaller limit for stacks (runtime/debug.SetMaxStack): a
// stack overflow would otherwise end in an OOM kill, without a report.
func Start(o Options) (err error) {
	if !privileged() {
		if c, ok := monitor.Child(); ok {
			c.Redact = o.Redact
			os.Exit(monitor.Run(c))
		}
	}
	starting.Lock()
	defer starting.Unlock()
	defer func() {
		if v := recover(); v != nil {
			err = errs.New("start backstop: fault: %v", v)
		}
	}()
	checkFault("start")
	if current.Load() != nil {
		return ErrStarted
	}
	a := newAgent(&o)
	a.checkCollector()
	a.setTraceback()
	boundStack()
	learnCallSites()
	a.openTable()
	if a.usesLabels() {
		enableTracebackLabels()
	}
	a.startMonitor()
	a.work()
	current.Store(a)
	return a.degraded()
}

// Running returns the options that the SDK runs with, defaults filled in. It is
// not ok before Start and after Stop.
func Running() (o Options, ok bool) {
	a := current.Load()
	if a == nil {
		return Options{}, false
	}
	return a.options, true
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
			err = errs.New("stop backstop: fault: %v", v)
		}
	}()
	checkFault("stop")
	return errs.In("stop backstop", a.stop(ctx))
}

// openSpool opens the first directory that can be written to. When there is
// none, panics are counted as dropped.
func (a *agent) openSpool() {
	o := &a.options
	var failed error
	effect := "captured panics are only counted"
	for i, dir := range o.spoolDirs() {
		if dir == "" {
			continue
		}
		sp, err := spool.Open(dir, spool.Options{MaxBytes: o.SpoolBytes})
		if err == nil {
			a.spool = sp
			if i == 0 || o.SpoolDir == "" {
				return
			}
			effect = "events wait in " + dir + " instead"
			break
		}
		failed = errs.And(failed, err)
	}
	if privileged() {
		failed = errs.And(failed, errPrivileged)
	}
	a.degrade("spool", failed, effect, "give a directory that this user may write to in SpoolDir or BACKSTOP_SPOOL")
}
