package trace

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/backstop-go/backstop/cmd/backstop/internal/goproc"
	"github.com/backstop-go/backstop/cmd/backstop/internal/trace/bpf"
	"github.com/backstop-go/backstop/cmd/backstop/internal/trace/host"
)

// A fakeReader reads what records of tests hold: a stack by its site, a value by
// the address of its type, places by program counters.
type fakeReader struct{}

var fakeStacks = map[uint64][]string{
	1: {"runtime.gopanic", "runtime.panicmem", "runtime.sigpanic", "example.com/shop/cart.(*Cart).Total", "example.com/shop.serve", "net/http.HandlerFunc.ServeHTTP", "net/http.(*conn).serve", "runtime.goexit"},
	2: {"runtime.gopanic", "example.com/shop/cart.cleanup", "runtime.gopanic", "example.com/shop/cart.(*Cart).Total", "example.com/shop.serve", "runtime.goexit"},
	3: {"runtime.gorecover", "example.com/shop.deep", "example.com/shop.serve.func1", "runtime.gopanic", "example.com/shop.serve", "runtime.goexit"},
	4: {"runtime.gorecover", "runtime.preprintpanics.func1", "runtime.gopanic", "example.com/shop.serve"},
	5: {"runtime.gorecover", "fmt.(*pp).catchPanic", "runtime.deferreturn", "fmt.(*pp).handleMethods", "example.com/shop.serve.func1", "runtime.gopanic", "example.com/shop.serve"},
	6: {"runtime.throw", "internal/runtime/maps.fatal", "example.com/shop.race", "runtime.goexit"},
	8: {"runtime.futex", "runtime.notesleep", "runtime.findRunnable", "runtime.schedule", "runtime.park_m", "runtime.mcall"},
	9: {"runtime.futex", "runtime.notesleep", "runtime.findRunnable"},
	7: {"os.Exit", "log.Fatal", "main.main", "runtime.main", "runtime.goexit"},
}

var fakeTypes = map[uint64]goproc.Value{
	1: {Type: "runtime.errorString", Text: "runtime error: invalid memory address or nil pointer dereference"},
	2: {Type: "string", Text: "second"},
	3: {Type: "*shop.Error", Fields: []goproc.Field{{Name: "Code", Value: goproc.Value{Type: "int", Text: "7"}}, {Name: "Password", Value: goproc.Value{Type: "string", Text: "hunter2"}}}},
	4: {Type: "string", Text: "shop error 7: out of stock"},
	5: {Type: "string", Text: "login: password=hunter2"},
}

func (fakeReader) Stack(_ *process, r *bpf.Record) ([]Frame, string) {
	names, ok := fakeStacks[r.Site]
	if !ok {
		return nil, "the stack was not recorded"
	}
	frames := make([]Frame, len(names))
	for i, n := range names {
		frames[i] = Frame{Place: Place{Func: n, File: "/src/shop.go", Line: 10 + i}}
	}
	return frames, ""
}

func (fakeReader) System(*process, *bpf.Record) []Frame { return nil }
func (fakeReader) Last(*process, Frame) int             { return 0 }

func (fakeReader) Value(_ *process, r *bpf.Record) (goproc.Value, bool) {
	v, ok := fakeTypes[r.Type]
	return v, ok
}

func (fakeReader) Text(_ *process, r *bpf.Record) (string, bool) {
	return "concurrent map writes", r.Data != 0
}

func (fakeReader) Labels(*process, *bpf.Record) map[string]string {
	return map[string]string{"trace_id": "4bf92f3577b34da6a3ce929d0e0e4736", "token": "abc"}
}

func (fakeReader) Place(_ *process, _ *bpf.Record, pc uint64, _ bool) *Place {
	if pc == 0 {
		return nil
	}
	return &Place{Func: fmt.Sprintf("example.com/shop.guard%d", pc), File: "/src/guard.go", Line: int(pc)}
}

// A rig is an engine and what came out of it.
type rig struct {
	*Engine
	events []*Event
	now    time.Duration
	facts  map[uint32]host.Process
	asked  []uint32 // processes that were asked for
}

func newRig(change ...func(*Options)) *rig {
	g := &rig{facts: make(map[uint32]host.Process)}
	o := Options{
		Clock: func(d time.Duration) time.Time { return time.Unix(1e9, 0).UTC().Add(d) },
		Process: func(pid uint32) host.Process {
			g.asked = append(g.asked, pid)
			return g.facts[pid]
		},
		OnEvent: func(e *Event) { g.events = append(g.events, e) },
		read:    fakeReader{},
	}
	for _, c := range change {
		c(&o)
	}
	g.Engine = New(o)
	return g
}

// at is a record of process 7, a millisecond after the one before.
func (g *rig) at(kind bpf.Kind, change ...func(*bpf.Record)) *bpf.Record {
	g.now += time.Millisecond
	r := &bpf.Record{Kind: kind, Time: g.now, PID: 7, TID: 8, Comm: "shop", Exe: 1, G: 0xc0001, Goid: 17, Seen: 1}
	if kind == bpf.Panic {
		r.Depth = 100 // recoveries go on at the top of the stack
	}
	for _, c := range change {
		c(r)
	}
	return r
}

func site(n uint64) func(*bpf.Record) { return func(r *bpf.Record) { r.Site = n } }
func typ(n uint64) func(*bpf.Record)  { return func(r *bpf.Record) { r.Type = n } }
func pid(n uint32) func(*bpf.Record)  { return func(r *bpf.Record) { r.PID = n } }
func code(n int64) func(*bpf.Record)  { return func(r *bpf.Record) { r.Code = n } }
func seen(n uint64) func(*bpf.Record) { return func(r *bpf.Record) { r.Seen = n } }
func onG(n uint64) func(*bpf.Record)  { return func(r *bpf.Record) { r.G, r.Goid = 0xc000+n, n } }
func by(pcs ...uint64) func(*bpf.Record) {
	return func(r *bpf.Record) { r.Recoverer = pcs }
}

// of makes a recovery that of a panic.
func of(p *bpf.Record, panics uint32) func(*bpf.Record) {
	return func(r *bpf.Record) {
		r.Since, r.Panics, r.Type, r.Site, r.Resume = p.Time, panics, p.Type, p.Site, 99
	}
}

func (g *rig) takeAll(records ...*bpf.Record) {
	for _, r := range records {
		g.Take(r)
	}
}

// finish lets everything settle.
func (g *rig) finish() []*Event {
	g.Tick(g.now + time.Hour)
	g.Close()
	return g.events
}

// sketch is what tests compare of events.
func sketch(events []*Event) string {
	var b strings.Builder
	for _, e := range events {
		fmt.Fprintf(&b, "%s", e.Kind)
		if e.Outcome != "" {
			fmt.Fprintf(&b, " %s", e.Outcome)
		}
		if e.Class != "" {
			fmt.Fprintf(&b, " %s", e.Class)
		}
		if e.Message != nil {
			fmt.Fprintf(&b, " %q", *e.Message)
		}
		if e.App != nil {
			fmt.Fprintf(&b, " at %s", ShortFunc(e.App.Func))
		}
		if r := e.Recovery; r != nil && r.By != nil {
			fmt.Fprintf(&b, " by %s", ShortFunc(r.By.Func))
			if r.After > 0 {
				fmt.Fprintf(&b, " after %v", r.After)
			}
		}
		if len(e.Before) > 0 {
			fmt.Fprintf(&b, " before %q", e.Before)
		}
		if x := e.End; x != nil {
			fmt.Fprintf(&b, " end %d%s", x.Status, x.Signal)
			if x.By != nil {
				fmt.Fprintf(&b, " by %s", x.By)
			} else if x.Kernel {
				b.WriteString(" by the kernel")
			}
		}
		if e.Seen != 1 {
			fmt.Fprintf(&b, " seen %d", e.Seen)
		}
		b.WriteString("\n")
	}
	return b.String()
}

func check(t *testing.T, events []*Event, want string) {
	t.Helper()
	want = strings.ReplaceAll(strings.TrimPrefix(want, "\n"), "\t", "")
	if got := sketch(events); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

const nilDeref = `panic.nil_deref "runtime error: invalid memory address or nil pointer dereference" at cart.(*Cart).Total`
