package trace

import (
	"time"

	"github.com/backstop-go/backstop/cmd/backstop/internal/trace/bpf"
)

// fatal makes an event of a fatal error, or of a signal that the runtime dies of.
func (en *Engine) fatal(p *process, r *bpf.Record) *Event {
	kind := Fatal
	if r.Kind == bpf.SignalDeath {
		kind = Signal
	}
	e := en.event(p, r, kind)
	en.stack(e, r)
	en.origin(e, r)
	if kind == Signal {
		e.Signal, e.deadly, e.boot = SignalName(int(r.Code)), int(r.Code), r.Time
		return e
	}
	if text, ok := en.read.Text(p, r); ok {
		text = en.mask(text)
		e.Message, e.Exact = &text, true
	}
	return e
}

// exits makes an event of a call of os.Exit.
func (en *Engine) exits(p *process, r *bpf.Record) *Event {
	e := en.event(p, r, Exit)
	en.stack(e, r)
	en.origin(e, r)
	e.End = &End{Status: int(uint8(r.Code))} // what a parent sees of it
	return e
}

// dies notes what a process dies of, and waits for its end.
func (en *Engine) dies(p *process, r *bpf.Record, e *Event) {
	if len(p.causes) == 0 {
		p.causedAt = r.Time
	}
	if len(p.causes) < maxCauses {
		p.causes = append(p.causes, e)
	}
	en.dying[p] = struct{}{}
	if r.Stopped && en.o.OnStopped != nil {
		p.stopped = true
		en.o.OnStopped(r, e)
	}
}

// Frozen tells the engine what became of a process that OnStopped took: the name
// of what holds its state, or why there is nothing. The process goes on and dies.
func (en *Engine) Frozen(e *Event, snapshot string, err error) {
	e.Snapshot = snapshot
	if err != nil {
		e.SnapshotErr = err.Error()
	}
	if e.who != nil {
		e.who.stopped, e.who.causedAt = false, max(e.who.causedAt, en.now)
	}
}

// end tells the end of a process, which has settled.
func (en *Engine) end(p *process) {
	end := en.ending(p)
	switch {
	case len(p.causes) > 0:
		en.tellCauses(p, end)
	case p.exe == 0 && p.target == nil && end.Signal == "" && end.Status == 0:
		// It did nothing that we know of, and ended well.
	default:
		kind := Exit
		if end.Signal != "" {
			kind = Kill
		}
		e := en.event(p, p.exit, kind)
		e.Goroutine, e.Parent, e.End = 0, 0, end
		en.done(e)
	}
	en.tellFlights(p)
	if en.processes[p.pid] == p {
		delete(en.processes, p.pid)
	}
}

// ending reads the wait status, and finds who is behind it.
func (en *Engine) ending(p *process) *End {
	signal, core, status := waitStatus(p.exit.Code)
	if signal == 0 {
		end := &End{Status: status}
		if r := p.asked(p.exit.Time); r != nil {
			end.Asked = &Sent{Signal: SignalName(int(r.Code)), By: sender(r), Kernel: byKernel(r)}
		}
		return end
	}
	end := &End{Status: -1, Signal: SignalName(signal), Core: core}
	if r := p.killer(signal, p.exit.Time); r != nil {
		end.By, end.Kernel = sender(r), byKernel(r)
	}
	if p.oom != nil && signal == sigkill {
		end.OOM = true
		end.By = nil
		if p.oom.Peer != 0 {
			end.By = &Process{PID: p.oom.Peer, Comm: p.oom.PeerComm}
		}
	}
	return end
}

// waitStatus takes the status of a process that ended apart (wait(2)): the signal
// in seven bits, whether there is a core file in the next one, and the exit
// status above them.
func waitStatus(code int64) (signal int, core bool, status int) {
	return int(code & 0x7f), code&0x80 != 0, int(code >> 8 & 0xff)
}

// tellCauses tells what a process dies of. The end is nil when it has not come.
func (en *Engine) tellCauses(p *process, end *End) {
	delete(en.dying, p)
	causes := p.causes
	p.causes = nil
	for _, e := range causes {
		if end != nil {
			own := *end
			e.End = &own
			if e.Kind == Signal {
				p.sentBy(e)
			}
		}
		en.done(e)
	}
}

// tellFlights tells the panics that were in flight when a process ended.
func (en *Engine) tellFlights(p *process) {
	for _, f := range en.flights.ofProcess(p) {
		if f.e.Late {
			continue // was told
		}
		f.e.Outcome = Open
		en.done(f.e)
	}
}

// BootClock tells the time of day of times since boot. It is set once: a clock
// that is set later does not move what happened.
func BootClock() func(time.Duration) time.Time {
	boot := time.Now().Add(-SinceBoot())
	return func(d time.Duration) time.Time { return boot.Add(d).UTC() }
}
