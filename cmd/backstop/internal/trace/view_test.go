package trace

import (
	"bytes"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/backstop-go/backstop/cmd/backstop/internal/goproc"
	"github.com/backstop-go/backstop/cmd/backstop/internal/trace/bpf"
)

// shown is what a view writes of events that a rig has told.
func shownBy(o ViewOptions, events []*Event) string {
	var b bytes.Buffer
	o.Zone = time.UTC
	v := NewView(&b, o)
	for _, e := range events {
		v.Event(e)
	}
	return b.String()
}

// The first of a site is shown in full, the next ones are counted.
func TestView(t *testing.T) {
	g := newRig()
	for range 3 {
		p := g.at(bpf.Panic, site(1), typ(1))
		g.takeAll(p, g.at(bpf.Ineffective, site(3), by(7)), g.at(bpf.Recover, of(p, 1), by(5)))
	}
	g.takeAll(g.at(bpf.Panic, site(1), typ(3)), g.at(bpf.Uncaught, site(1), typ(4)), g.at(bpf.Exit, code(2<<8)))
	got := shownBy(ViewOptions{}, g.finish())
	const trace = "trace 4bf92f3577b34da6a3ce929d0e0e4736"
	want := `01:46:40.002 shop[7] useless recover in shop.guard7 guard.go:7: it returned nil while a panic was in flight (panic.nil_deref: runtime error: invalid memory address or nil pointer dereference) at cart.(*Cart).Total shop.go:13, goroutine 17, ` + trace + `
01:46:40.001 shop[7] recovered panic.nil_deref: runtime error: invalid memory address or nil pointer dereference at cart.(*Cart).Total shop.go:13, recovered by shop.guard5 guard.go:5 after 2.0 ms, goroutine 17, ` + trace + `
01:46:40.010 shop[7] died of panic.custom: shop error 7: out of stock at cart.(*Cart).Total shop.go:13, goroutine 17, ` + trace + `
`
	if got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

// Of a signal that the runtime dies of it is said who sent it.
func TestViewSender(t *testing.T) {
	for want, sent := range map[string]func(*bpf.Record){
		"died of signal.sigquit from pid 812 sh (uid 0) at shop.race shop.go:12, ":      from(812, "sh"),
		"died of signal.sigquit from pid 812 s\\x1bh (uid 0) at shop.race shop.go:12, ": from(812, "s\x1bh"),
		"died of signal.sigquit from the kernel at shop.race shop.go:12, ":              func(r *bpf.Record) { r.SigCode = 128 },
	} {
		g := newRig()
		g.takeAll(g.at(bpf.Signal, code(3), sent), g.at(bpf.SignalDeath, site(6), code(3)), g.at(bpf.Exit, code(2<<8)))
		if got := shownBy(ViewOptions{}, g.finish()); !strings.Contains(got, want) {
			t.Errorf("%s\nwant %s", got, want)
		}
	}
}

// Of a value that the runtime prints as an address, the fields are shown.
func TestHeadline(t *testing.T) {
	text := "(main.Cred) 0xc000012345"
	e := &Event{Kind: Panic, Message: &text, Value: &goproc.Value{Type: "main.Cred", Text: text, Fields: []goproc.Field{{Name: "User", Value: goproc.Value{Type: "string", Text: "bob"}}}}}
	if got := e.Headline(); got != `main.Cred{User: "bob"}` {
		t.Errorf("headline %q", got)
	}
	e.Value.Fields = nil
	if got := e.Headline(); got != text {
		t.Errorf("headline %q", got)
	}
}

// Counters are told at most once a second, and ever less often.
func TestViewCounts(t *testing.T) {
	g := newRig()
	p := g.at(bpf.Panic, site(1), typ(1))
	g.takeAll(p, g.at(bpf.Recover, of(p, 1), by(5)))
	var b bytes.Buffer
	v := NewView(&b, ViewOptions{Zone: time.UTC})
	for _, e := range g.finish() {
		v.Event(e)
	}
	b.Reset()
	began := time.Unix(1e9, 0)
	for i := range 100 {
		g.Count([]Count{{CountKey{1, bpf.Recover, 1, 5}, uint64(2 + i)}})
		v.Tick(Status{Now: began.Add(time.Duration(i) * 100 * time.Millisecond), Start: began}, g.Sites())
	}
	lines := strings.Split(strings.TrimSpace(b.String()), "\n")
	if len(lines) < 2 || len(lines) > 4 || !strings.Contains(lines[0], "more, ") {
		t.Errorf("ten seconds of events are %d lines:\n%s", len(lines), b.String())
	}
}

// On a terminal the counters stand at the bottom, no wider than it is, and are
// taken away before anything else is printed.
func TestViewLive(t *testing.T) {
	g := newRig()
	for _, s := range []uint64{1, 2} {
		p := g.at(bpf.Panic, site(s), typ(s))
		g.takeAll(p, g.at(bpf.Recover, of(p, 1), by(5+s)))
	}
	events := g.finish()
	g.Count([]Count{{CountKey{1, bpf.Recover, 1, 6}, 1234}, {CountKey{1, bpf.Recover, 2, 7}, 56}})
	var b bytes.Buffer
	v := NewView(&b, ViewOptions{Zone: time.UTC, Live: true, Color: true, Width: func() int { return 60 }})
	for _, e := range events {
		v.Event(e)
	}
	b.Reset()
	now := time.Unix(1e9+60, 0)
	v.Tick(Status{Now: now, Start: now.Add(-time.Minute), Targets: 1, Processes: 2, Events: 1290, Losses: Losses{Ring: 3}}, g.Sites())
	drawn := b.String()
	for _, want := range []string{"1,234  shop recovered panic.nil_deref", "56  shop recovered panic.custom", "tracing 1 executable, 2 processes: 1,290 events"} {
		if !strings.Contains(drawn, want) {
			t.Errorf("%q is not in %q", want, drawn)
		}
	}
	for _, line := range strings.Split(plain(drawn), "\n") {
		if n := len([]rune(line)); n > 60 {
			t.Errorf("%d columns: %q", n, line)
		}
	}
	b.Reset()
	v.Say(&b, "a line")
	if !regexp.MustCompile(`^\r\x1b\[2A\x1b\[Ja line\n`).MatchString(b.String()) {
		t.Errorf("the counters were not taken away: %q", b.String())
	}
	b.Reset()
	v.Close(now, g.Sites())
	if got := b.String(); !strings.HasPrefix(got, "\r\x1b[2A\x1b[J") || !strings.HasSuffix(got, "\n") ||
		!strings.Contains(got, "1,233 more, 1,234 in all: shop recovered panic.nil_deref") || !strings.Contains(got, "55 more, 56 in all: ") {
		t.Errorf("the terminal is left with %q", got)
	}
}

// Texts of programs reach no terminal as they are.
func TestViewHostile(t *testing.T) {
	const evil = "\x1b[2J\u202e\x07"
	text := evil
	var events []*Event
	for _, k := range []Kind{Panic, Vain, Fatal, Signal, Goexit, Exit, Kill, Kind(evil)} {
		for _, o := range []Outcome{Recovered, Uncaught, Replaced, Open, Outcome(evil)} {
			place := &Place{Func: evil, File: evil, Line: 1}
			events = append(events, &Event{
				Kind: k, Outcome: o, Site: string(k) + string(o), Exe: evil, Comm: evil, Class: "panic.custom" + evil, Message: &text,
				App: place, CreatedBy: place, Entry: place, Frames: []Frame{{Place: *place}}, Incomplete: evil, TraceID: evil, Container: evil,
				Recovery: &Recovery{By: place}, End: &End{Asked: &Sent{Signal: "SIGTERM", By: &Process{Comm: evil}}}, Snapshot: evil, Goroutine: 1,
			})
		}
	}
	if got := shownBy(ViewOptions{Stacks: true}, events); strings.ContainsAny(got, "\x1b\x07\u202e") {
		t.Errorf("control characters in %q", got)
	}
}
