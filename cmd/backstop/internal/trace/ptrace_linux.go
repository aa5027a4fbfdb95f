package trace

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/backstop-go/backstop/cmd/backstop/internal/trace/attend"
	"github.com/backstop-go/backstop/cmd/backstop/internal/trace/bpf"
	"github.com/backstop-go/backstop/cmd/backstop/internal/trace/host"
)

// An onlooker is a run without programs in the kernel: it attends processes, and an
// engine makes events of how they end.
type onlooker struct {
	o       LiveOptions
	watcher *host.Watcher
	engine  *Engine
	summary Summary

	programs map[*host.Executable]*program
	targets  map[uint32]*Target // by the number of the program
	running  map[int]*attended
	refused  map[int]bool // processes that could not be attended
	left     []*attended  // that run another program now; they are let go of at the end of a beat
	news     chan news
	frozen   chan thawed
	freezing int
	events   uint64
	counted  bool // count has been there
}

// news is what one of the threads that attend has seen: a signal, a death, or that
// nothing is left.
type news struct {
	of     *attended
	signal *bpf.Record
	death  *attend.Death
	done   chan<- struct{} // of a death: to be closed when the process may go on
}

// pollProcesses is how often processes that start are looked for.
const pollProcesses = 250 * time.Millisecond

// runPtrace watches processes by ptrace.
func runPtrace(ctx context.Context, o LiveOptions) (*Summary, error) {
	if refused := beyondPtrace(&o.Host); refused != nil {
		return nil, refused
	}
	b := &onlooker{
		o: o, programs: make(map[*host.Executable]*program), targets: make(map[uint32]*Target),
		running: make(map[int]*attended), refused: make(map[int]bool), news: make(chan news, 256), frozen: make(chan thawed, 64),
	}
	b.summary.Start, b.summary.Via = time.Now(), Ptrace
	b.engine = New(b.options())
	o.Host.WithoutKernel = true
	if len(o.Host.Exes)+len(o.Host.Cgroups) > 0 {
		o.Host.Poll = pollProcesses
	}
	watching, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	var err error
	if b.watcher, err = host.Watch(watching, o.Host); err != nil {
		return nil, unwatched(err, o.Host.PIDs)
	}
	b.introduce()
	b.loop(ctx)
	b.finish()
	return &b.summary, b.watcher.Close() //nolint:wrapcheck // it says what it did
}

// introduce says once what is seen, and what is not.
func (b *onlooker) introduce() {
	b.o.OnNotice("watching by ptrace, not by probes: seen are the ends of processes (panics that nobody recovers, fatal errors, exits, signals and who sent them). Not seen are panics that are recovered, calls of recover in vain, runtime.Goexit, and who sends SIGKILL")
	if len(b.o.Host.Exes)+len(b.o.Host.Cgroups) > 0 {
		b.o.OnNotice(fmt.Sprintf("programs that start are found within %v: what happens until then is missed", pollProcesses))
	}
}

// options are those of the engine.
func (b *onlooker) options() Options {
	o := Options{
		Via:       Ptrace,
		Target:    func(exe uint32) *Target { return b.targets[exe] },
		Process:   b.process,
		NoStacks:  b.o.NoStacks,
		OnEvent:   func(e *Event) { b.events++; b.o.OnEvent(e) },
		OnStopped: b.freeze,
	}
	if b.o.Raw {
		o.Mask = func(s string) string { return s }
	}
	return o
}

// process is what is known of a process: as long as it is attended, by who found it.
func (b *onlooker) process(pid uint32) host.Process {
	if a := b.running[int(pid)]; a != nil {
		return a.target.Process
	}
	p, _ := host.Find(int(pid)) // what is not there stays empty
	return p
}

// loop handles what comes until the end.
func (b *onlooker) loop(ctx context.Context) {
	ticks := time.NewTicker(beat)
	defer ticks.Stop()
	last := time.Now()
	events := b.watcher.Events()
	var end <-chan time.Time
	done := ctx.Done()
	for {
		select {
		case <-done:
			done, end = nil, time.After(drain)
		case <-end:
			return
		case n := <-b.news:
			b.hear(n)
		case t := <-b.frozen:
			b.thaw(t)
		case e, ok := <-events:
			if !ok {
				events = nil
				continue
			}
			b.host(e)
		case now := <-ticks.C:
			b.engine.Tick(SinceBoot())
			b.leave()
			if now.Sub(last) >= countBeat {
				last = now
				b.count(now)
			}
			if end == nil && b.nobody() {
				done, end = nil, time.After(0)
			}
		}
	}
}

// host handles what the watcher has found.
func (b *onlooker) host(e host.Event) {
	switch e.Kind {
	case host.Notice:
		b.o.OnNotice(e.Text)
	case host.Added:
		b.attach(e.Target)
	case host.Removed:
		// One that ends tells of it by itself, when the last of its threads does.
		if a := b.running[e.Target.PID]; a != nil && a.target == e.Target && executes(e.Target.PID) {
			delete(b.running, e.Target.PID)
			b.left = append(b.left, a)
		}
	case host.Seen: // of the kernel, which tells nothing here
	}
}

// executes reports whether a process runs a program: the link of one that has ended,
// or whose first thread has, leads nowhere.
func executes(pid int) bool {
	_, err := os.Stat(fmt.Sprintf("/proc/%d/exe", pid))
	return !errors.Is(err, os.ErrNotExist)
}

// hear handles what was seen of a process.
func (b *onlooker) hear(n news) {
	switch {
	case n.signal != nil:
		b.engine.Take(n.signal)
	case n.death != nil:
		b.dies(n.of, n.death, n.done)
	default:
		if b.running[n.of.target.PID] == n.of {
			delete(b.running, n.of.target.PID)
		}
	}
}

// leave lets go of processes that are targets no more.
func (b *onlooker) leave() {
	for _, a := range b.left {
		a.leave()
	}
	b.left = nil
}

// nobody reports whether all processes that were named have ended.
func (b *onlooker) nobody() bool {
	s := &b.o.Host.Selection
	if len(b.running) > 0 || b.freezing > 0 || len(b.news) > 0 || len(s.Exes)+len(s.Cgroups) > 0 {
		return false
	}
	for _, pid := range s.PIDs {
		// It may have another program now, or not be looked at yet.
		if executes(pid) && !b.refused[pid] {
			return false
		}
	}
	return true
}

// count tells how things stand.
func (b *onlooker) count(now time.Time) {
	if s := &b.o.Host.Selection; !b.counted && len(b.programs)+len(b.refused) == 0 && len(s.PIDs) == 0 {
		if text := awaited(s.Exes); text != "" {
			b.o.OnNotice(text)
		}
	}
	b.counted = true
	for _, a := range b.running {
		a.rotate(now)
	}
	b.o.OnTick(Status{
		Now: now, Start: b.summary.Start, Targets: len(b.targets), Processes: len(b.running), Events: b.engine.Tally().total(),
	}, b.engine.Sites())
}

// finish lets go of all, tells what waits still, and fills the summary.
func (b *onlooker) finish() {
	awaitFrozen(&b.freezing, b.frozen, b.thaw)
	b.leave()
	for _, a := range b.running {
		a.leave()
	}
	now := time.Now()
	b.engine.Tick(SinceBoot() + settle)
	b.engine.Close()
	b.count(now)
	s := &b.summary
	s.For, s.Targets, s.Refused = now.Sub(s.Start), len(b.targets), len(b.refused)
	if s.Targets == 0 {
		s.Refused += b.watcher.Refused()
	}
	s.Tally = b.engine.Tally()
	s.Sites = len(b.engine.fold.sites)
	s.Shown, s.Damaged = b.events, b.engine.strange
}
