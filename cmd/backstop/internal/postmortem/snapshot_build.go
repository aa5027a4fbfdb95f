package postmortem

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/backstop-go/backstop/cmd/backstop/internal/goproc"
	"github.com/backstop-go/backstop/event"
	"github.com/backstop-go/backstop/internal/redact"
)

// Options say how to take a snapshot. The zero value works.
type Options struct {
	// Raw keeps texts of the program as they are. Default: labels and addresses
	// of requests are redacted (docs/privacy.md).
	Raw bool
	// Frames is how many calls of a stack are kept, the innermost. Default 500.
	Frames int
}

const defaultFrames = 500

// build makes the snapshot of what was taken. Nothing is read from the process
// any more.
func (t *taken) build(o Options) *Snapshot {
	s := &Snapshot{
		Version: Version, GoVersion: t.im.Program.File.GoVersion(), Raw: o.Raw,
		RequestsMore: t.more, Problems: t.problems,
		Scheduler: t.scheduler(), Memory: &Memory{},
	}
	b := builder{t: t, o: o, unwinder: goproc.NewUnwinder(t.im.Program), stacks: make(map[uint64][]*known), creators: make(map[uint64]*Creator), labels: make(map[uint64]map[string]string)}
	b.locks = t.lockReader()
	if b.o.Frames <= 0 {
		b.o.Frames = defaultFrames
	}
	s.Requests = withTable(t.settle(b.unwinder), t.table)
	s.Goroutines = make([]Goroutine, len(t.gs))
	for i := range t.gs {
		s.Goroutines[i] = b.goroutine(t.gs[i])
		s.Memory.Stacks += s.Goroutines[i].StackSize
		if state := s.Goroutines[i].State; state == "GC worker (active)" || strings.HasPrefix(state, "GC assist") {
			s.Memory.Collecting = true
		}
	}
	// The runtime uses the structure of a goroutine that has ended again, so they
	// stand in no order.
	slices.SortStableFunc(s.Goroutines, func(x, y Goroutine) int { return int(min(max(x.ID-y.ID, -1), 1)) })
	s.identify()
	slices.SortStableFunc(s.Requests, older)
	if !o.Raw {
		s.redact()
	}
	return s
}

// older puts the older one of two requests first. Where it is not known when one
// began, it is by the numbers of goroutines, which grow.
func older(x, y Request) int {
	behind := func(r *Request) int {
		switch {
		case r.Queued:
			return 2
		case r.StartedAt.IsZero():
			return 1
		}
		return 0
	}
	return cmp.Or(
		cmp.Compare(behind(&x), behind(&y)), x.StartedAt.Compare(y.StartedAt),
		cmp.Compare(x.Goroutine, y.Goroutine), cmp.Compare(x.Connection, y.Connection), cmp.Compare(x.Stream, y.Stream),
	)
}

// A builder makes goroutines and lets them share what they have in common.
type builder struct {
	t        *taken
	o        Options
	unwinder *goproc.Unwinder
	stacks   map[uint64][]*known // by hash
	creators map[uint64]*Creator // by return address of the go statement
	labels   map[uint64]map[string]string
	locks    *lockReader
	pcs      []uint64
}

// A known stack, and the program counters that it was made of.
type known struct {
	pcs   []uint64
	stack *Stack
}

func (b *builder) goroutine(g *takenG) Goroutine {
	out := Goroutine{
		ID: int64(g.ID), State: g.State, LockedToThread: g.Locked, Scan: g.Scan,
		Leaked: g.Status == b.t.im.Program.Layout.Status.Leaked, Bubble: g.Bubble != 0, System: g.System,
		Parent: int64(g.Parent), StackSize: g.StackHi - g.StackLo, StackUsed: g.used(), Thread: int(g.Thread),
		WaitsFor: g.waitsFor, Since: g.WaitSince, G: g.Addr,
	}
	if g.WaitSince > 0 && b.t.im.Now > g.WaitSince {
		out.Wait = time.Duration(b.t.im.Now - g.WaitSince)
	}
	if len(g.deferred) > 0 {
		out.Holds = b.locks.holds(g)
	}
	out.Stack = b.stack(g)
	out.CreatedBy = b.creator(g)
	if out.CreatedBy == nil {
		out.Parent = 0
	}
	if len(g.labels) > 0 {
		labels, ok := b.labels[g.LabelsAt]
		if !ok {
			labels = make(map[string]string, len(g.labels))
			for _, l := range g.labels {
				labels[l.Key] = l.Value
				if !b.o.Raw {
					labels[l.Key] = maskNamed(l.Key, l.Value)
				}
			}
			b.labels[g.LabelsAt] = labels
		}
		out.Labels = labels
	}
	return out
}

// stack unwinds a stack. Most goroutines of a program have few stacks in common,
// so program counters are compared before names are looked up.
func (b *builder) stack(g *takenG) *Stack {
	if g.why != "" && len(g.stack.bytes) == 0 {
		return &Stack{Frames: []Frame{}, Why: g.why}
	}
	b.pcs = b.pcs[:0]
	elided := false
	why := b.unwinder.Walk(&g.stack, g.regs, nil, func(f *goproc.Frame) bool {
		if elided = len(b.pcs) == b.o.Frames; elided {
			return false
		}
		b.pcs = append(b.pcs, f.PC)
		return true
	})
	switch {
	case g.cut && why != "":
		elided, why = true, "" // where the copy ends
	case why == "":
		why = g.why
	}
	key := hashOf(b.pcs, why)
	for _, k := range b.stacks[key] {
		if slices.Equal(k.pcs, b.pcs) && k.stack.Why == why && k.stack.Elided == elided {
			return k.stack
		}
	}
	s := &Stack{Frames: make([]Frame, 0, len(b.pcs)), Elided: elided, Why: why}
	b.unwinder.Walk(&g.stack, g.regs, nil, func(f *goproc.Frame) bool {
		if len(s.Frames) == len(b.pcs) {
			return false
		}
		s.Frames = append(s.Frames, frameOf(f, len(s.Frames) == 0))
		return true
	})
	if g.Closure != 0 {
		s.Frames = b.begin(g, s.Frames)
	}
	b.stacks[key] = append(b.stacks[key], &known{slices.Clone(b.pcs), s})
	return s
}

// begin shows the function that a goroutine which has not begun will begin with.
// Where the compiler made one, tracebacks have no frame at all.
func (b *builder) begin(g *takenG, frames []Frame) []Frame {
	if slices.ContainsFunc(frames, func(f Frame) bool { return !f.Hidden }) || len(frames) == 0 {
		return frames
	}
	begins, ok := b.t.im.Program.Begins(g.StartPC)
	if !ok {
		frames[0].Hidden = false // better than nothing
		return frames
	}
	return append([]Frame{{Func: begins.Func, File: begins.File, Line: begins.Line}}, frames...)
}

// hashOf is FNV-1a, by words: nobody can gain from making stacks collide, for
// they are compared.
func hashOf(pcs []uint64, why string) uint64 {
	h := uint64(14695981039346656037)
	for _, pc := range pcs {
		h = (h ^ pc) * 1099511628211
		h ^= h >> 32
	}
	return h ^ uint64(len(why))
}

func frameOf(f *goproc.Frame, first bool) Frame {
	out := Frame{Func: f.Func, File: f.File, Line: f.Line, Inlined: f.Inlined, Hidden: f.Hidden || !shownInTraceback(f.Func, first)}
	if !f.Inlined && f.PC > f.Entry {
		out.Offset = uint32(f.PC - f.Entry)
	}
	return out
}

// shownInTraceback is showfuncinfo of runtime/traceback.go, but for wrappers.
func shownInTraceback(name string, first bool) bool {
	switch name {
	case "runtime.runFinalizers", "runtime.runfinq", "runtime.runCleanups":
		return true
	case "runtime.gopanic":
		return !first
	}
	return strings.Contains(name, ".") && (!strings.HasPrefix(name, "runtime.") || isExportedRuntime(name))
}

// isExportedRuntime is the function of that name in runtime/traceback.go.
func isExportedRuntime(name string) bool {
	upper := func(s string) bool { return s != "" && 'A' <= s[0] && s[0] <= 'Z' }
	name = strings.TrimPrefix(name, "runtime.")
	dot := strings.LastIndexByte(name, '.')
	if dot < 0 {
		return upper(name)
	}
	receiver := name[:dot]
	if strings.HasPrefix(receiver, "(*") && strings.HasSuffix(receiver, ")") {
		receiver = receiver[2 : len(receiver)-1]
	}
	return upper(name[dot+1:]) && upper(receiver)
}

func (b *builder) creator(g *takenG) *Creator {
	c, ok := b.creators[g.GoPC]
	if ok && g.ID != 1 {
		return c
	}
	at, ok := b.t.rt.CreatedBy(&g.Goroutine)
	if !ok || !shownInTraceback(at.Func, false) && !g.System {
		return nil
	}
	c = &Creator{Func: at.Func, File: at.File, Line: at.Line, Offset: uint32(at.Offset)}
	b.creators[g.GoPC] = c
	return c
}

// scheduler is the state of the scheduler.
func (t *taken) scheduler() *Scheduler {
	out := &Scheduler{
		Threads: make([]Thread, len(t.rt.Ms)), Processors: make([]Processor, len(t.rt.Ps)),
		Runnable: len(t.rt.Sched.Runq), StopTheWorld: t.rt.Sched.GCWaiting,
	}
	ids := make(map[uint64]int64, len(t.gs))
	for i := range t.gs {
		ids[t.gs[i].Addr] = int64(t.gs[i].ID)
	}
	processors, threads := make(map[uint64]*int), make(map[uint64]*int64)
	for i := range t.rt.Ps {
		id := int(t.rt.Ps[i].ID)
		processors[t.rt.Ps[i].Addr] = &id
	}
	for i := range t.rt.Ms {
		m := &t.rt.Ms[i]
		threads[m.Addr] = &m.ID
		out.Threads[i] = Thread{
			ID: m.ID, TID: int(m.Thread), Goroutine: ids[m.CurG], Processor: processors[m.P], LockedTo: ids[m.LockedG],
			Spinning: m.Spinning, Blocked: m.Blocked, InC: m.InCgo, Locks: int(m.Locks),
		}
	}
	for i := range t.rt.Ps {
		p := &t.rt.Ps[i]
		o := Processor{ID: int(p.ID), Status: p.State, Thread: threads[p.M], Runnable: len(p.Runq), Tick: p.SchedTick}
		if p.RunNext != 0 {
			o.Runnable++
		}
		out.Processors[i] = o
	}
	return out
}

// withTable adds the requests of the table that a program keeps itself. What is
// known of one from both sides becomes one.
func withTable(requests, table []Request) []Request {
	by := make(map[int64]int, len(requests))
	for i := range requests {
		if requests[i].Goroutine != 0 {
			by[requests[i].Goroutine] = i
		}
	}
	for i := range table {
		r := &table[i]
		at, known := by[r.Goroutine]
		if !known {
			requests = append(requests, *r)
			continue
		}
		own := &requests[at]
		own.Route, own.TraceID, own.RequestID, own.StartedAt = cmp.Or(r.Route, own.Route), r.TraceID, r.RequestID, r.StartedAt
	}
	return requests
}

// identify adds what the labels of its goroutine say of a request.
func (s *Snapshot) identify() {
	if len(s.Requests) == 0 {
		return
	}
	labels := make(map[int64]map[string]string)
	for i := range s.Goroutines {
		if g := &s.Goroutines[i]; len(g.Labels) > 0 {
			labels[g.ID] = g.Labels
		}
	}
	for i := range s.Requests {
		r := &s.Requests[i]
		if known := event.RequestFromLabels(labels[r.Goroutine]); known != nil {
			r.TraceID, r.RequestID = cmp.Or(r.TraceID, known.TraceID), cmp.Or(r.RequestID, known.RequestID)
			r.Route = cmp.Or(r.Route, known.Route)
		}
	}
}

// redact masks what texts of the program may hold, but for labels.
func (s *Snapshot) redact() {
	for i := range s.Requests {
		r := &s.Requests[i]
		r.URL, _, _ = strings.Cut(r.URL, "?")
		r.URL, _, _ = strings.Cut(r.URL, "#")
		r.URL, r.Remote = redact.Text(r.URL), ""
	}
}
