package backstop

import (
	"context"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/backstop-go/backstop/event"
	"github.com/backstop-go/backstop/internal/errs"
	"github.com/backstop-go/backstop/internal/host"
	"github.com/backstop-go/backstop/internal/inflight"
	"github.com/backstop-go/backstop/internal/monitor"
	"github.com/backstop-go/backstop/internal/spool"
)

// queueLen is how many captured panics may wait for the worker. A record has
// about 1.3 kB; a storm that outruns the disk is dropped and counted.
const queueLen = 512

// An agent is everything between Start and Stop.
type agent struct {
	options  Options
	who      event.Evidence   // what every event of this process has
	spool    *spool.Spool     // nil: there is no directory to write to
	monitor  *monitor.Monitor // nil: the process delivers by itself
	table    *inflight.Table  // nil: the request travels in the context
	problems []Problem        // what Start could not have
	unwatch  func()           // ends the watch over the number of goroutines; nil when there is none

	queue    chan *record
	quit     chan struct{}
	ending   sync.Once
	done     sync.WaitGroup
	dropped  atomic.Uint64 // by a full queue, not yet in the spool's count
	toldLost atomic.Int64  // when the log was last told of drops, Unix time in nanoseconds
	active   atomic.Int64  // captures on their way to the spool: Stop waits for them

	sender sender
}

func newAgent(o *Options) *agent {
	a := &agent{queue: make(chan *record, queueLen), quit: make(chan struct{})}
	a.options = *o
	a.options.setDefaults()
	o = &a.options
	e := &a.who
	e.Service, e.Release, e.Environment, e.Instance = o.Service, o.Release, o.Environment, o.Instance
	e.Build, e.Process = host.Build(), host.Self()
	a.openSpool()
	a.dropped.Store(untold.Swap(0))
	return a
}

func (a *agent) log(msg string, args ...any) {
	if a.options.Logger == nil {
		return
	}
	defer func() { recover() }()                                             //backstop:ignore recover-swallow a handler of the program's, which may be at fault itself
	a.options.Logger.Log(context.Background(), slog.LevelWarn, msg, args...) //nolint:sloglint // the callers pass constants
}

// usesLabels reports whether requests are put on goroutines as labels: on
// demand, or in place of the table where that was wanted and cannot be had.
func (a *agent) usesLabels() bool {
	return canLabel && (a.options.Labels || a.table == nil && !a.options.DisableInFlight)
}

// tableFile is the table's file, nil when there is none.
func (a *agent) tableFile() *os.File {
	if a.table == nil {
		return nil
	}
	return a.table.File()
}

// startMonitor starts the second process, or says why there is none.
func (a *agent) startMonitor() {
	if o := &a.options; !o.DisableMonitor && !inTestBinary() {
		c := monitor.Config{
			Event:     a.who,
			Collector: o.Collector, Key: o.Key, SpoolBytes: o.SpoolBytes, SendValues: o.SendValues,
		}
		if a.spool != nil {
			c.SpoolDir = a.spool.Dir()
		}
		err := errPrivileged // and so would have who starts our monitor for us
		var m *monitor.Monitor
		if !privileged() {
			m, err = monitor.Start(&c, a.tableFile())
		}
		if a.monitor = m; err == nil && os.Getpid() != 1 {
			return
		}
		if err == nil {
			err = errFirst
		}
		a.degrade("monitor", err, "crashes that recover cannot catch are not reported", "run the program under backstop run")
	}
	if a.monitor == nil {
		a.sender.start(a, true)
	}
}

// work starts the worker. It parks on a channel, which leaves Go's deadlock
// detector alone: a program in which everybody waits still dies of it.
func (a *agent) work() {
	a.done.Add(1)
	go func() {
		defer a.done.Done()
		for {
			select {
			case r := <-a.queue:
				a.handle(r)
				a.active.Add(-1)
			case <-a.quit:
				return
			}
		}
	}()
}

// handle stores a record and returns it to the pool. It runs in the worker, and
// at a fault of ours the worker goes on.
func (a *agent) handle(r *record) {
	defer func() {
		if recover() != nil {
			a.dropped.Add(1)
		}
		r.free()
	}()
	a.store(r)
}

// store turns a record into an event in the spool and gets it on its way.
func (a *agent) store(r *record) {
	if a.spool == nil {
		a.dropped.Add(1)
		return
	}
	e := a.event(r)
	payload, err := e.Encode()
	a.tellDropped() // before the event that is to carry the count
	switch {
	case err != nil:
		a.dropped.Add(1)
	case r.recovered:
		err = a.spool.Add(payload)
	default:
		err = a.spool.AddLast(payload)
	}
	if err != nil {
		a.tellLost(err)
		return
	}
	if a.monitor != nil {
		if err := a.monitor.Nudge(); err == nil {
			return
		}
		// The monitor is gone: the process delivers by itself from now on.
	}
	a.sender.start(a, false)
}

// tellLost logs that events are lost, once a minute at most: it happens in
// storms.
func (a *agent) tellLost(err error) {
	now := time.Now().UnixNano()
	last := a.toldLost.Load()
	if last != 0 && now-last < int64(time.Minute) || !a.toldLost.CompareAndSwap(last, now) {
		return
	}
	a.log("backstop: events are dropped", "error", err)
}

// end ends the worker.
func (a *agent) end() {
	if a.unwatch != nil {
		a.unwatch()
	}
	a.ending.Do(func() { close(a.quit) })
	a.done.Wait()
}

// tellDropped moves the count of what the queue could not take to the spool,
// which keeps it should the disk refuse.
func (a *agent) tellDropped() {
	if a.spool != nil {
		_ = a.spool.CountDropped(a.dropped.Swap(0))
	}
}

// stop ends the agent. No capture can begin any more; those under way are
// waited for, and written in any case.
func (a *agent) stop(ctx context.Context) error {
	for a.active.Load() > 0 && ctx.Err() == nil {
		time.Sleep(time.Millisecond)
	}
	a.end()
	for len(a.queue) > 0 { // ctx was done first
		a.handle(<-a.queue)
	}
	a.sender.stop(ctx)
	a.tellDropped()
	var err error
	if a.monitor != nil {
		err = errs.And(a.monitor.Close(), a.monitor.Wait(ctx))
	} else if a.options.Collector != "" && a.spool != nil {
		err = a.sender.last(ctx, a)
	}
	if a.spool == nil {
		if n := a.dropped.Swap(0); n > 0 {
			untold.Add(n)
			err = errs.And(err, errs.New("%d panics were not reported: there is no directory to spool to", n))
		}
		return err
	}
	if a.options.Collector == "" {
		return err
	}
	if left, lerr := a.spool.Pending(); lerr != nil || left > 0 {
		err = errs.And(errs.And(err, lerr), errs.New("%d events wait in %s for the next start", left, a.spool.Dir()))
	}
	return err
}

func (a *agent) newSender() *spool.Sender {
	return &spool.Sender{URL: a.options.Collector, Key: a.options.Key}
}
