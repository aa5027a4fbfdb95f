package trace

import (
	"time"

	"github.com/backstop-go/backstop/internal/redact"

	"github.com/backstop-go/backstop/cmd/backstop/internal/trace/bpf"
	"github.com/backstop-go/backstop/cmd/backstop/internal/trace/host"
)

// How long the engine waits for what belongs together, by the clock of the
// records.
const (
	// settle is how much later than the end of a process a record about its last
	// moments may come: what programs did and what the host saw travel apart.
	settle = 500 * time.Millisecond
	// patience is how long a panic may run its deferred calls before it is told
	// without an outcome, and a dying process may take to print.
	patience = 5 * time.Second
	// recent is how long before its end a signal may have been the reason of a
	// process to end by itself.
	recent = time.Minute
)

// Limits of what is remembered. What comes on top is told earlier than it would
// have been.
const (
	maxOrphans   = 1 << 10 // recoveries whose panic has not come
	maxProcesses = 1 << 16
	maxCauses    = 16 // of one death
	maxSignals   = 16 // of one process
)

// Options say where an [Engine] finds what records do not hold. OnEvent is
// needed; the zero value of the other fields works.
type Options struct {
	// Target returns the executable that Attach gave a number; nil when there is
	// none.
	Target func(exe uint32) *Target
	// Process tells about a process, once. Default: what /proc has.
	Process func(pid uint32) host.Process
	// Clock turns time since boot into the time of day. Default: [BootClock].
	Clock func(sinceBoot time.Duration) time.Time
	// Mask hides secrets in the texts of programs. Default: redact.Text.
	Mask func(string) string
	// NoStacks leaves all frames out of events but the first of the program's own.
	NoStacks bool
	// Via is how it is that records are made; "" for probes.
	Via Way
	// OnEvent takes events, in the order in which they are complete.
	OnEvent func(*Event)
	// OnStopped takes a process that a record has stopped, and the event that it
	// dies of. Whoever gets it lets the process go on.
	OnStopped func(*bpf.Record, *Event)

	read reader // default: goproc
}

// An Engine makes events of records. Its methods must not be called at the same
// time.
type Engine struct {
	o         Options
	read      reader
	processes map[uint32]*process
	ended     []*process            // wait to settle, oldest first
	dying     map[*process]struct{} // have a cause
	flights   flights
	places    map[CountKey]*Event // of panics that were recorded, one for each place
	orphans   []orphan
	fold      folder
	now       time.Duration // of the newest record or tick
	strange   uint64        // records that made no sense
}

// An orphan is a recovery that came before its panic.
type orphan struct {
	p     *process
	r     *bpf.Record
	until time.Duration
}

// New returns an engine.
func New(o Options) *Engine {
	if o.Target == nil {
		o.Target = func(uint32) *Target { return nil }
	}
	if o.Process == nil {
		o.Process = func(pid uint32) host.Process {
			p, _ := host.Find(int(pid)) // what is not there stays empty
			return p
		}
	}
	if o.Clock == nil {
		o.Clock = BootClock()
	}
	if o.Mask == nil {
		o.Mask = redact.Text
	}
	if o.read == nil {
		o.read = goReader{}
	}
	return &Engine{
		o: o, read: o.read,
		processes: make(map[uint32]*process), dying: make(map[*process]struct{}),
		flights: newFlights(), fold: newFolder(), places: make(map[CountKey]*Event),
	}
}

// Take takes the next record, and keeps it for a while.
func (en *Engine) Take(r *bpf.Record) {
	if p := en.process(r); p != nil {
		en.take(p, r)
	}
	en.Tick(r.Time)
}

func (en *Engine) take(p *process, r *bpf.Record) {
	switch r.Kind {
	case bpf.Panic:
		en.panicked(p, r)
	case bpf.Recover:
		en.recovered(p, r, true)
	case bpf.Ineffective:
		en.inVain(p, r)
	case bpf.Uncaught:
		en.uncaught(p, r)
	case bpf.Fatal, bpf.SignalDeath:
		en.dies(p, r, en.fatal(p, r))
	case bpf.OSExit:
		en.dies(p, r, en.exits(p, r))
	case bpf.Goexit:
		e := en.event(p, r, Goexit)
		en.stack(e, r)
		en.done(e)
	case bpf.Exec:
		en.replaced(p, r)
	case bpf.Exit:
		if p.exit == nil {
			p.exit = r
			en.ended = append(en.ended, p)
		}
	case bpf.Signal:
		p.signalled(r)
	case bpf.OOM:
		p.oom = r
	default:
		en.strange++
	}
}

// Tick tells the engine the time since boot, so that what waits for something
// that does not come waits no longer. Where no records come it must be called
// now and then.
func (en *Engine) Tick(now time.Duration) {
	en.now = max(en.now, now)
	for len(en.ended) > 0 && en.ended[0].exit.Time+settle <= en.now {
		p := en.ended[0]
		en.ended = en.ended[1:]
		en.end(p)
	}
	for len(en.orphans) > 0 && (en.orphans[0].until <= en.now || len(en.orphans) > maxOrphans) {
		o := en.orphans[0]
		en.orphans = en.orphans[1:]
		en.recovered(o.p, o.r, false)
	}
	for _, f := range en.flights.overdue(en.now - patience) {
		en.tellOpen(f)
	}
	for p := range en.dying {
		if p.exit == nil && !p.stopped && p.causedAt+patience <= en.now {
			en.tellCauses(p, nil)
		}
	}
}

// Close tells what still waits.
func (en *Engine) Close() {
	for _, o := range en.orphans {
		en.recovered(o.p, o.r, false)
	}
	en.orphans = nil
	for _, p := range en.ended {
		en.end(p)
	}
	en.ended = nil
	for p := range en.dying {
		en.tellCauses(p, nil)
	}
	for _, f := range en.flights.overdue(en.now + 1) {
		en.tellOpen(f)
	}
}

// tellOpen tells a panic that may still be recovered, or kill its process.
func (en *Engine) tellOpen(f *flight) {
	early := *f.e
	early.Outcome = Open
	f.e.Late = true
	en.done(&early)
}
