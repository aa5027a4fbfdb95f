package trace

import (
	"fmt"
	"strings"

	"github.com/backstop-go/backstop/crash"

	"github.com/backstop-go/backstop/cmd/backstop/internal/goproc"
	"github.com/backstop-go/backstop/cmd/backstop/internal/trace/bpf"
)

// event begins an event of a record.
func (en *Engine) event(p *process, r *bpf.Record, kind Kind) *Event {
	e := &Event{
		Kind: kind, At: en.o.Clock(r.Time), PID: p.pid, TID: r.TID,
		Comm: firstOf(p.comm, r.Comm, p.facts.Comm), Exe: p.facts.Path,
		Container: p.facts.Container.ID, Pod: p.facts.Container.Pod, Unit: p.facts.Container.Name,
		Goroutine: r.Goid, Parent: r.Parent, Via: en.o.Via,
		who: p, count: countOf(r),
	}
	if t := p.target; t != nil {
		e.Exe, e.GoVersion = firstOf(e.Exe, t.Path), t.GoVersion
	}
	if started := p.facts.Start; started > 0 && r.Time > started {
		e.Lived = r.Time - started
	}
	return e
}

func firstOf(words ...string) string {
	for _, w := range words {
		if w != "" {
			return w
		}
	}
	return ""
}

// panicked takes a panic and waits for what becomes of it.
func (en *Engine) panicked(p *process, r *bpf.Record) {
	e := en.event(p, r, Panic)
	en.stack(e, r)
	en.value(e, r)
	en.origin(e, r)
	en.identify(e)
	en.remember(e, r)
	f := &flight{e: e, key: goroutine{p, r.G}, at: r.Time, depth: r.Depth}
	en.flights.add(f)
	for i, o := range en.orphans {
		if o.p == p && o.r.G == r.G && o.r.Since == r.Time {
			en.orphans = append(en.orphans[:i], en.orphans[i+1:]...)
			en.recovered(p, o.r, false)
			return
		}
	}
}

// recovered ends a panic, and those that it stands for. One whose panic has not
// come is worth waiting for, unless it has waited already.
func (en *Engine) recovered(p *process, r *bpf.Record, wait bool) {
	key := goroutine{p, r.G}
	if wait && r.Since > 0 && !en.flights.has(key, r.Since) {
		en.orphans = append(en.orphans, orphan{p, r, r.Time + settle})
		return
	}
	f, older := en.flights.land(key, r)
	var e *Event
	if f != nil {
		e = f.e
		e.count = countOf(r)
	} else {
		e = en.unrecorded(p, r)
	}
	e.Outcome = Recovered
	e.Recovery = en.recovery(p, r)
	en.chain(e, older)
	en.done(e)
}

// remember notes what panics of a place look like.
func (en *Engine) remember(e *Event, r *bpf.Record) {
	key := CountKey{Exe: r.Exe, Kind: bpf.Panic, Site: r.Site}
	if r.Site == 0 || en.places[key] != nil || len(en.places) >= maxSites {
		return
	}
	kept := *e
	en.places[key] = &kept
}

// unrecorded makes the event of a panic of which only the recovery was recorded:
// the record of the panic was one too many, or lost. Another panic of the place
// tells where it was; what its value was is not known.
func (en *Engine) unrecorded(p *process, r *bpf.Record) *Event {
	e := en.event(p, r, Panic)
	if r.Since > 0 {
		e.At = en.o.Clock(r.Since)
	}
	en.value(e, r)
	if v := e.Value; v != nil && v.Cut {
		e.Value, e.Message = &goproc.Value{Type: v.Type, Cut: true}, nil // a recovery brings no memory
	}
	en.origin(e, r)
	e.Incomplete = "only its recovery was recorded"
	if like := en.places[CountKey{Exe: r.Exe, Kind: bpf.Panic, Site: r.Site}]; like != nil && r.Site != 0 {
		e.Frames, e.Entry = like.Frames, like.Entry
		if e.Message == nil {
			e.Class, e.Message = like.Class, like.Message
		}
		if e.Value == nil && like.Value != nil {
			e.Value = &goproc.Value{Type: like.Value.Type, Cut: true}
		}
		e.Incomplete = "only its recovery was recorded; stack and message are those of another panic of the place"
	}
	if r.Nested && r.Since == 0 {
		e.Incomplete = fmt.Sprintf("only its recovery was recorded; more than %d panics of the goroutine were nested, and which of them it was is not known", bpf.MaxOpen)
	}
	return e
}

// recovery reads who recovered.
func (en *Engine) recovery(p *process, r *bpf.Record) *Recovery {
	rec := &Recovery{Resume: en.place(p, r, r.Resume), Panics: int(min(r.Panics, 1<<16))}
	if r.Time > r.Since && r.Since > 0 {
		rec.After = r.Time - r.Since
	}
	if rec.Panics == 1 {
		rec.Panics = 0
	}
	if len(r.Recoverer) > 0 {
		rec.By = en.place(p, r, r.Recoverer[0])
	}
	return rec
}

// chain notes what a panic stands for, and tells those panics.
func (en *Engine) chain(e *Event, older []*flight) {
	for _, o := range older {
		if o.e.Message != nil {
			e.Before = append(e.Before, *o.e.Message)
		} else {
			e.Before = append(e.Before, "")
		}
		o.e.Outcome = Replaced
		en.done(o.e)
	}
}

// inVain takes a call of recover that returned nil although a panic was in
// flight. Two kinds of it are as they should be and no events: those of the
// runtime, which guards itself while it prints, and those of a function that was
// deferred after the panic began and runs because its caller returns, as those
// in package fmt while a deferred function prints.
func (en *Engine) inVain(p *process, r *bpf.Record) {
	e := en.event(p, r, Vain)
	en.stack(e, r)
	e.Recovery = &Recovery{}
	switch by := en.recoverer(p, r, e); {
	case by == nil:
	case ownGuard(e.Frames):
		en.fold.ignore(e.count.CountKey)
		return
	default:
		e.Recovery.By = by
	}
	if f := en.flights.newest(goroutine{p, r.G}); f != nil {
		e.Class, e.Message, e.Value, e.App = f.e.Class, f.e.Message, f.e.Value, f.e.App
		if r.Time > f.at {
			e.Recovery.After = r.Time - f.at
		}
	} else {
		en.value(e, r)
	}
	en.origin(e, r)
	en.done(e)
}

func (en *Engine) recoverer(p *process, r *bpf.Record, e *Event) *Place {
	if len(r.Recoverer) > 0 {
		return en.place(p, r, r.Recoverer[0])
	}
	for i := range e.Frames {
		if e.Frames[i].Func != "runtime.gorecover" {
			return &e.Frames[i].Place
		}
	}
	return nil
}

// ownGuard reports whether the innermost function guards its caller and not
// against the panic in flight. Functions of the standard library do, as fmt does
// with String methods. So does one that the runtime calls because its caller
// returns (runtime.deferreturn), and a closure that its own function calls: that
// is how the compiler writes defer in most functions. Only where that function is
// what the panic has called itself, the closure may have been meant for it.
func ownGuard(frames []Frame) bool {
	i := 0
	for i < len(frames) && frames[i].Func == "runtime.gorecover" {
		i++
	}
	if i == len(frames) {
		return false
	}
	guard := frames[i].Func
	if !crash.IsApp(guard) {
		return true
	}
	if i+2 >= len(frames) {
		return false
	}
	caller := frames[i+1].Func
	return caller == "runtime.deferreturn" || strings.HasPrefix(guard, caller+".func") && frames[i+2].Func != "runtime.gopanic"
}

// uncaught takes the panic that kills a process. What the runtime prints is
// known now, and which panics of the goroutine it stands for.
func (en *Engine) uncaught(p *process, r *bpf.Record) {
	all := en.flights.landAll(goroutine{p, r.G})
	var e *Event
	if n := len(all); n > 0 {
		e = all[n-1].e
		e.count = countOf(r)
		all = all[:n-1]
	} else {
		e = en.event(p, r, Panic)
		en.stack(e, r)
		en.value(e, r)
		en.origin(e, r)
	}
	e.Outcome = Uncaught
	if text, ok := en.printed(p, r); ok {
		e.Message, e.Exact = &text, true
	}
	en.chain(e, all)
	en.dies(p, r, e)
}
