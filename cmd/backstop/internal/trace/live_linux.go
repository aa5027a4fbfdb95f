package trace

import (
	"context"
	"errors"
	"os"
	"time"

	"github.com/backstop-go/backstop/cmd/backstop/internal/trace/bpf"
	"github.com/backstop-go/backstop/cmd/backstop/internal/trace/host"
	"github.com/backstop-go/backstop/cmd/backstop/internal/trace/rights"
)

// A live is a run: programs in the kernel, processes, and an engine between them.
type live struct {
	o       LiveOptions
	tracer  *bpf.Tracer
	watcher *host.Watcher
	engine  *Engine
	summary Summary

	attached map[attachKey]*attached
	targets  map[uint32]*Target // by what Attach returned
	running  map[int]attachKey  // processes that are traced
	frozen   chan thawed
	guardian *host.Guardian // nil when nothing is stopped
	caught   *bpf.Stopped   // what the watcher stops; nil when it does not
	freezing int
	events   uint64
	counted  bool // count has been there
	waiting  strangers
}

// An attachKey is an executable, for one process where not all that run it are
// traced.
type attachKey struct {
	exe *host.Executable
	pid int
}

// attached is what became of an executable.
type attached struct {
	key   attachKey
	exe   uint32
	err   error
	pids  int       // that run it
	since time.Time // when it had none any more
}

// runProbes traces by probes. The error is an [*unprobed] when they cannot be.
func runProbes(ctx context.Context, o LiveOptions) (*Summary, error) {
	l := &live{
		o: o, attached: make(map[attachKey]*attached), targets: make(map[uint32]*Target),
		running: make(map[int]attachKey), frozen: make(chan thawed, 64), waiting: newStrangers(),
	}
	l.summary.Start = time.Now()
	if err := host.CheckNumbers(); err != nil {
		return nil, &unprobed{err}
	}
	var err error
	if l.tracer, err = bpf.Load(bpf.Options{Rate: o.Rate}); err != nil {
		return nil, &unprobed{rights.Explain(err, rights.BPF, rights.Perfmon)}
	}
	defer l.tracer.Close() //nolint:errcheck // what it detaches is gone with us in any case
	if missing := rights.Missing(rights.SysAdmin); len(missing) > 0 && bpf.OneByOne() {
		return nil, &unprobed{&rights.Error{Err: errors.New("attach probes one at a time, as before Linux 6.6"), Missing: missing}}
	}
	l.engine = New(l.options())
	watching, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	// What stops others is not there before the guardian is.
	if o.Host.CatchFirst {
		o.Host.Ready = l.guard
	} else if o.Freeze != "" {
		if err := l.guard(nil); err != nil {
			return nil, err
		}
	}
	if l.watcher, err = host.Watch(watching, o.Host); err != nil {
		return nil, errors.Join(unwatched(err, o.Host.PIDs), l.unguard())
	}
	l.loop(ctx)
	l.finish()
	err = errors.Join(l.watcher.Close(), l.letGo(), l.unguard())
	return &l.summary, err
}

// options are those of the engine.
func (l *live) options() Options {
	o := Options{
		Target:    func(exe uint32) *Target { return l.targets[exe] },
		Process:   l.process,
		NoStacks:  l.o.NoStacks,
		OnEvent:   l.event,
		OnStopped: l.freeze,
	}
	if l.o.Raw {
		o.Mask = func(s string) string { return s }
	}
	return o
}

func (l *live) event(e *Event) {
	l.events++
	l.o.OnEvent(e)
}

// process is what is known of a process.
func (l *live) process(pid uint32) host.Process {
	if t := l.watcher.Target(int(pid)); t != nil {
		return t.Process
	}
	p, _ := host.Find(int(pid)) // what is not there stays empty
	return p
}

// received is a record of a probe, or why there is none.
type received struct {
	record bpf.Record
	err    error
}

// loop handles what comes until the end.
func (l *live) loop(ctx context.Context) {
	records := make(chan received, 256)
	reading, stop := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() { //backstop:ignore goroutine-unguarded a fault of ours shall end the tracer: its probes go with it
		defer close(ended)
		l.read(reading, records)
	}()
	defer func() { <-ended }()
	defer stop()
	ticks := time.NewTicker(beat)
	defer ticks.Stop()
	last := time.Now()
	events := l.watcher.Events()
	var unguarded <-chan struct{}
	if l.guardian != nil {
		unguarded = l.guardian.Done()
	}
	var end <-chan time.Time
	done := ctx.Done()
	for {
		select {
		case <-done:
			done, end = nil, time.After(drain)
		case <-end:
			return
		case r := <-records:
			if r.err != nil {
				l.engine.strange++
				continue
			}
			l.take(&r.record)
		case e, ok := <-events:
			if !ok {
				events = nil
				continue
			}
			if l.host(e) && end == nil { // nobody is left
				done, end = nil, time.After(drain)
			}
		case <-unguarded:
			unguarded = l.reguard()
		case t := <-l.frozen:
			l.thaw(t)
		case now := <-ticks.C:
			// What was read comes first: it may be what is waited for.
			for n := len(records); n > 0; n-- {
				if r := <-records; r.err == nil {
					l.take(&r.record)
				} else {
					l.engine.strange++
				}
			}
			l.engine.Tick(SinceBoot())
			if now.Sub(last) >= countBeat {
				last = now
				l.count(now)
				l.sweep(now)
			}
		}
	}
}

// read passes records on until the context ends.
func (l *live) read(ctx context.Context, to chan<- received) {
	for {
		r, err := l.tracer.Read(ctx)
		if ctx.Err() != nil || errors.Is(err, os.ErrClosed) {
			return
		}
		select {
		case to <- received{r, err}:
		case <-ctx.Done():
			return
		}
	}
}

// take hands a record to the engine. Probes hit who was asked for: an executable,
// or single processes of it. Only where both were named, one that was not may be
// among them; nobody else is looked up, for a process may be gone by now.
func (l *live) take(r *bpf.Record) {
	s := &l.o.Host.Selection
	if len(s.PIDs) > 0 && len(s.Exes) > 0 && l.watcher.Target(int(r.PID)) == nil {
		if r.Stopped {
			if err := l.resume(int(r.PID)); err != nil {
				l.o.OnNotice(err.Error())
			}
		}
		return
	}
	fresh := !l.engine.knows(r.PID)
	l.engine.Take(r)
	if fresh {
		for _, s := range l.waiting.release(r.PID, r.Time) {
			l.engine.Take(&s)
		}
	}
}

// host handles what the watcher has found. It reports whether nothing is left to
// be traced.
func (l *live) host(e host.Event) (nobody bool) {
	switch e.Kind {
	case host.Notice:
		l.o.OnNotice(e.Text)
	case host.Seen:
		// One that ended before anybody could look at it is a target if its probes
		// were hit; that may be read later.
		if r := e.Record; e.Target != nil || l.engine.knows(r.PID) {
			l.engine.Take(&r)
		} else {
			l.waiting.add(r)
		}
	case host.Added:
		l.attach(e.Target)
		if e.Target.Stopped {
			if err := l.watcher.Continue(e.Target); err != nil {
				l.o.OnNotice(err.Error())
			}
		}
	case host.Removed:
		if key, ok := l.running[e.Target.PID]; ok {
			delete(l.running, e.Target.PID)
			a := l.attached[key]
			if a.pids--; a.pids == 0 {
				a.since = time.Now()
			}
		}
		s := &l.o.Host.Selection
		return len(l.running) == 0 && !s.All && len(s.Exes) == 0 && len(s.Cgroups) == 0
	}
	return false
}

// count takes the kernel's counts, and tells how things stand.
func (l *live) count(now time.Time) {
	if s := &l.o.Host.Selection; !l.counted && len(l.attached) == 0 && len(s.PIDs) == 0 {
		if text := awaited(s.Exes); text != "" {
			l.o.OnNotice(text)
		}
	}
	l.counted = true
	counts, err := l.tracer.Counts()
	if err != nil {
		l.o.OnNotice(err.Error())
	}
	list := make([]Count, 0, len(counts))
	for _, c := range counts {
		list = append(list, Count{CountKey{c.Exe, c.Kind, c.Site, c.Recoverer}, c.Seen})
	}
	l.engine.Count(list)
	losses, err := l.tracer.Losses()
	if err != nil {
		l.o.OnNotice(err.Error())
	}
	l.summary.Losses = Losses(losses)
	l.o.OnTick(Status{
		Now: now, Start: l.summary.Start, Targets: len(l.targets), Processes: len(l.running),
		Events: l.engine.Tally().total(), Losses: l.summary.Losses,
	}, l.engine.Sites())
}

// finish tells what waits still, and fills the summary.
func (l *live) finish() {
	awaitFrozen(&l.freezing, l.frozen, l.thaw)
	now := time.Now()
	l.engine.Tick(SinceBoot() + settle)
	l.engine.Close()
	l.count(now)
	s := &l.summary
	s.For = now.Sub(s.Start)
	s.Tally = l.engine.Tally()
	s.Sites = len(l.engine.fold.sites)
	s.Shown, s.Damaged = l.events, l.engine.strange
	for _, a := range l.attached {
		if a.err != nil {
			s.Refused++
		}
	}
	if s.Targets == 0 {
		s.Refused += l.watcher.Refused()
	}
}
