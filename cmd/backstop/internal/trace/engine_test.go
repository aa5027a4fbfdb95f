package trace

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/backstop-go/backstop/cmd/backstop/internal/trace/bpf"
	"github.com/backstop-go/backstop/cmd/backstop/internal/trace/host"
)

func TestRecovered(t *testing.T) {
	g := newRig()
	p := g.at(bpf.Panic, site(1), typ(1))
	g.takeAll(p, g.at(bpf.Recover, of(p, 1), by(5)))
	check(t, g.finish(), `
	panic recovered `+nilDeref+` by shop.guard5 after 1ms
	`)
	e := g.events[0]
	if got := e.Frames[0].Func; got != "example.com/shop/cart.(*Cart).Total" || len(e.Frames) != 4 {
		t.Errorf("frames %v: those of the runtime should be left out, and gopanic", e.Frames)
	}
	if e.Entry == nil || e.Entry.Func != "net/http.(*conn).serve" {
		t.Errorf("entry %v", e.Entry)
	}
	if e.TraceID != "4bf92f3577b34da6a3ce929d0e0e4736" || e.Labels["token"] != "[redacted]" {
		t.Errorf("labels %v, trace %q", e.Labels, e.TraceID)
	}
	if e.Recovery.Resume == nil || e.Recovery.Resume.Line != 99 {
		t.Errorf("resumes in %v", e.Recovery.Resume)
	}
}

// A recovery may come before its panic, where processors write to the ring by
// turns, and the panic may have been lost.
func TestRecoveredOutOfOrder(t *testing.T) {
	g := newRig()
	p := g.at(bpf.Panic, site(1), typ(1))
	r := g.at(bpf.Recover, of(p, 1), by(5))
	g.takeAll(r, p)
	check(t, g.finish(), `
	panic recovered `+nilDeref+` by shop.guard5 after 1ms
	`)

	g = newRig()
	p = g.at(bpf.Panic, site(1), typ(1))
	g.takeAll(g.at(bpf.Recover, of(p, 1), by(5)))
	g.Tick(g.now + settle - time.Millisecond)
	if len(g.events) != 0 {
		t.Fatal("did not wait for the panic")
	}
	check(t, g.finish(), `
	panic recovered panic.nil_deref "runtime error: invalid memory address or nil pointer dereference" by shop.guard5 after 1ms
	`)
	if g.events[0].Incomplete == "" {
		t.Error("nothing says why there is no stack")
	}
}

// Where the record of a panic was one too many, another one of the place tells
// where it was.
func TestOnlyRecoveryRecorded(t *testing.T) {
	g := newRig()
	p := g.at(bpf.Panic, site(1), typ(1))
	q := g.at(bpf.Panic, site(1), typ(1))
	g.takeAll(p, g.at(bpf.Recover, of(p, 1), by(5)), g.at(bpf.Recover, of(q, 1), by(5), typ(0), seen(9)))
	check(t, g.finish(), `
	panic recovered `+nilDeref+` by shop.guard5 after 2ms
	panic recovered `+nilDeref+` by shop.guard5 after 2ms seen 9
	`)
	if g.events[0].Site != g.events[1].Site || g.events[1].Incomplete == "" {
		t.Errorf("sites %s and %s, incomplete %q", g.events[0].Site, g.events[1].Site, g.events[1].Incomplete)
	}
}

// A thread that waits for a goroutine to run has none: what is left on its stack
// leads nowhere.
func TestSignalToTheScheduler(t *testing.T) {
	for _, stack := range []uint64{8, 9} { // the second is cut
		g := newRig()
		g.takeAll(g.at(bpf.Signal, code(3), from(812, "sh")), g.at(bpf.SignalDeath, site(stack), code(3), func(r *bpf.Record) { r.Goid = 0 }), g.at(bpf.Exit, code(2<<8)))
		events := g.finish()
		if len(events) != 1 || events[0].Kind != Signal || len(events[0].Frames) != 0 || events[0].Incomplete != "the thread was in the scheduler and ran no goroutine" {
			t.Errorf("stack %d: %+v", stack, events)
		}
	}
}

func TestNested(t *testing.T) {
	// A panic inside a deferred call, recovered there: both are recovered, each
	// by itself.
	g := newRig()
	first := g.at(bpf.Panic, site(1), typ(1))
	second := g.at(bpf.Panic, site(2), typ(2))
	g.takeAll(first, second, g.at(bpf.Recover, of(second, 1), by(6)), g.at(bpf.Recover, of(first, 1), by(5)))
	check(t, g.finish(), `
	panic recovered panic.custom "second" at cart.(*Cart).Total by shop.guard6 after 1ms
	panic recovered `+nilDeref+` by shop.guard5 after 3ms
	`)

	// The second takes the place of the first, and one recovery ends both.
	g = newRig()
	first, second = g.at(bpf.Panic, site(1), typ(1)), g.at(bpf.Panic, site(2), typ(2))
	g.takeAll(first, second, g.at(bpf.Recover, of(second, 2), by(5)))
	check(t, g.finish(), `
	panic replaced `+nilDeref+`
	panic recovered panic.custom "second" at cart.(*Cart).Total by shop.guard5 after 1ms before ["runtime error: invalid memory address or nil pointer dereference"]
	`)

	// Panics of two goroutines do not end each other.
	g = newRig()
	first, second = g.at(bpf.Panic, site(1), typ(1), onG(1)), g.at(bpf.Panic, site(1), typ(1), onG(2))
	g.takeAll(first, second, g.at(bpf.Recover, of(first, 1), by(5), onG(1)), g.at(bpf.Recover, of(second, 1), by(5), onG(2), seen(2)))
	check(t, g.finish(), `
	panic recovered `+nilDeref+` by shop.guard5 after 2ms
	panic recovered `+nilDeref+` by shop.guard5 after 2ms seen 2
	`)
}

// Of panics that end together, one was not recorded: those that were are told as
// replaced, and not others.
func TestNestedInPart(t *testing.T) {
	deep := func(n uint64) func(*bpf.Record) { return func(r *bpf.Record) { r.Depth = n } }
	g := newRig()
	outer := g.at(bpf.Panic, site(2), typ(2), deep(10))
	first := g.at(bpf.Panic, site(1), typ(1), deep(20))
	second := g.at(bpf.Panic, site(2), typ(2), deep(30)) // not recorded
	g.takeAll(outer, first, g.at(bpf.Recover, of(second, 2), by(5), deep(15)))
	g.Tick(g.now + settle)
	check(t, g.events, `
	panic replaced `+nilDeref+`
	panic recovered panic.custom "second" at cart.(*Cart).Total by shop.guard5 after 1ms before ["runtime error: invalid memory address or nil pointer dereference"]
	`)
	g.events = nil
	g.takeAll(g.at(bpf.Recover, of(outer, 1), by(6), deep(5)))
	check(t, g.finish(), `
	panic recovered panic.custom "second" at cart.(*Cart).Total by shop.guard6 after 4ms
	`)

	// More were nested than the kernel keeps, and none was recorded.
	g = newRig()
	g.takeAll(g.at(bpf.Panic, site(1), typ(1), deep(10)), g.at(bpf.Recover, by(5), deep(15), func(r *bpf.Record) { r.Nested = true }))
	if len(g.events) != 1 || !strings.Contains(g.events[0].Incomplete, "nested") || g.events[0].Outcome != Recovered {
		t.Errorf("told %s", sketch(g.events))
	}
}

// What the runtime prints takes the place of the fields, and the end of the
// process is that of the panic.
func TestUncaught(t *testing.T) {
	g := newRig()
	first, second := g.at(bpf.Panic, site(1), typ(1)), g.at(bpf.Panic, site(2), typ(3))
	uncaught := g.at(bpf.Uncaught, site(2), typ(4))
	g.takeAll(first, second, uncaught)
	if len(g.events) != 1 || g.events[0].Outcome != Replaced {
		t.Fatalf("told before the process ended:\n%s", sketch(g.events))
	}
	g.takeAll(g.at(bpf.Exit, code(2<<8)))
	check(t, g.finish(), `
	panic replaced `+nilDeref+`
	panic uncaught panic.custom "shop error 7: out of stock" at cart.(*Cart).Total before ["runtime error: invalid memory address or nil pointer dereference"] end 2
	`)
	e := g.events[1]
	if e.Value.Type != "*shop.Error" || !e.Exact || e.Value.Fields[1].Value.Text != "[redacted]" {
		t.Errorf("value %+v, exact %v", e.Value, e.Exact)
	}
}

// The host's record of the end may come first: it travels on its own.
func TestExitBeforeItsCause(t *testing.T) {
	g := newRig()
	p := g.at(bpf.Panic, site(1), typ(1))
	uncaught := g.at(bpf.Uncaught, site(1), typ(1))
	exit := g.at(bpf.Exit, code(2<<8))
	g.takeAll(exit, p, uncaught)
	check(t, g.finish(), `
	panic uncaught `+nilDeref+` end 2
	`)
}

// A process that does not end is told of all the same.
func TestEndNotSeen(t *testing.T) {
	g := newRig()
	p := g.at(bpf.Panic, site(1), typ(1))
	g.takeAll(p, g.at(bpf.Uncaught, site(1), typ(1)))
	g.Tick(g.now + patience)
	check(t, g.events, `
	panic uncaught `+nilDeref+`
	`)
	g.finish()
	if len(g.events) != 1 {
		t.Errorf("told twice:\n%s", sketch(g.events))
	}
}

func TestOpen(t *testing.T) {
	g := newRig()
	p := g.at(bpf.Panic, site(1), typ(1))
	g.Take(p)
	g.Tick(g.now + patience + 1)
	check(t, g.events, `
	panic open `+nilDeref+`
	`)
	g.now += 2 * patience
	g.takeAll(g.at(bpf.Recover, of(p, 1), by(5)))
	check(t, g.finish()[1:], `
	panic recovered `+nilDeref+` by shop.guard5 after 10.001s
	`)
	if !g.events[1].Late || g.events[0].Late {
		t.Error("the second is late, not the first")
	}

	// A process that is killed meanwhile leaves it open.
	g = newRig()
	g.takeAll(g.at(bpf.Panic, site(1), typ(1)), g.at(bpf.Exit, code(9)))
	check(t, g.finish(), `
	kill kill.sigkill "killed by SIGKILL" end -1SIGKILL
	panic open `+nilDeref+`
	`)
}

func TestIneffective(t *testing.T) {
	g := newRig()
	p := g.at(bpf.Panic, site(1), typ(1))
	g.takeAll(p,
		g.at(bpf.Ineffective, site(3), by(7)),
		g.at(bpf.Ineffective, site(4), by(8)), // the runtime's own
		g.at(bpf.Ineffective, site(5), by(9)), // of a function that returns
		g.at(bpf.Recover, of(p, 1), by(5)))
	check(t, g.finish(), `
	ineffective_recover panic.nil_deref "runtime error: invalid memory address or nil pointer dereference" at cart.(*Cart).Total by shop.guard7 after 1ms
	panic recovered `+nilDeref+` by shop.guard5 after 4ms
	`)
	g.Count([]Count{
		{CountKey{1, bpf.Ineffective, 3, 7}, 1},
		{CountKey{1, bpf.Ineffective, 4, 8}, 1},
		{CountKey{1, bpf.Ineffective, 5, 9}, 1},
		{CountKey{1, bpf.Panic, 1, 0}, 1},
		{CountKey{1, bpf.Recover, 1, 5}, 1},
	})
	if got := g.Tally(); got != (Tally{Panics: 1, Recovered: 1, Ineffective: 1, Exact: true}) {
		t.Errorf("tally %+v", got)
	}
}

// A number may belong to another process the next moment.
func TestPIDReuse(t *testing.T) {
	g := newRig()
	g.facts[7] = host.Process{Comm: "first", Start: 1}
	p := g.at(bpf.Panic, site(1), typ(1))
	exit := g.at(bpf.Exit, code(9))
	g.takeAll(p, exit)
	g.facts[7] = host.Process{Comm: "second", Start: 2}
	q := g.at(bpf.Panic, site(2), typ(2))
	g.takeAll(q, g.at(bpf.Recover, of(q, 1), by(5)), g.at(bpf.Exit, code(0)))
	check(t, g.finish(), `
	panic recovered panic.custom "second" at cart.(*Cart).Total by shop.guard5 after 1ms
	kill kill.sigkill "killed by SIGKILL" end -1SIGKILL
	panic open `+nilDeref+`
	exit end 0
	`)
	if len(g.asked) != 2 {
		t.Errorf("asked for %v", g.asked)
	}
	if n := len(g.processes); n != 0 {
		t.Errorf("%d processes are remembered", n)
	}

	// The end of the first was lost: another executable tells.
	g = newRig()
	p = g.at(bpf.Panic, site(1), typ(1))
	q = g.at(bpf.Panic, site(2), typ(2), func(r *bpf.Record) { r.Exe = 2 })
	g.takeAll(p, q)
	check(t, g.events, `
	panic open `+nilDeref+`
	`)

	// So does exec.
	g = newRig()
	g.takeAll(g.at(bpf.Panic, site(1), typ(1)), g.at(bpf.Exec))
	check(t, g.events, `
	panic open `+nilDeref+`
	`)
}

// A process that was gone before anything could be read of it, and an executable
// that nobody knows, cost what is not known and nothing else.
func TestUnknown(t *testing.T) {
	g := newRig(func(o *Options) { o.read = goReader{} })
	p := g.at(bpf.Panic, site(1), typ(1), func(r *bpf.Record) { r.Exe = 77 })
	g.takeAll(p, g.at(bpf.Recover, of(p, 1), by(5), func(r *bpf.Record) { r.Exe = 77 }))
	events := g.finish()
	if len(events) != 1 || events[0].Outcome != Recovered || events[0].Incomplete != "the executable is not known" || events[0].Comm != "shop" {
		t.Errorf("got %s%+v", sketch(events), events)
	}
	g = newRig()
	g.takeAll(&bpf.Record{Kind: bpf.Panic}, &bpf.Record{Kind: 77, PID: 7})
	if g.finish(); len(g.events) != 0 || g.strange != 2 {
		t.Errorf("%d strange; %s", g.strange, sketch(g.events))
	}
}

// Counts are the kernel's, whatever became of the records.
func TestCounts(t *testing.T) {
	g := newRig()
	p := g.at(bpf.Panic, site(1), typ(1), seen(1))
	g.takeAll(p, g.at(bpf.Recover, of(p, 1), by(5), seen(1)))
	for range 2 { // the next records that the limit lets through
		p = g.at(bpf.Panic, site(1), typ(1), seen(500))
		g.takeAll(p, g.at(bpf.Recover, of(p, 1), by(5), seen(499)))
	}
	if e := g.events[2]; e.Seen != 499 {
		t.Errorf("seen %d", e.Seen)
	}
	g.Count([]Count{
		{CountKey{1, bpf.Panic, 1, 0}, 1000},
		{CountKey{1, bpf.Recover, 1, 5}, 999},
		{CountKey{1, bpf.Uncaught, 1, 0}, 1},
		{CountKey{1, bpf.Recover, 9, 9}, 3},
		{CountKey{1, bpf.Panic, 9, 0}, 3},
	})
	if got := g.Tally(); got != (Tally{Panics: 1003, Recovered: 1002, Uncaught: 1, Unnamed: 3, Exact: true}) {
		t.Errorf("tally %+v", got)
	}
	sites := g.Sites()
	if len(sites) != 1 || sites[0].Seen != 999 || sites[0].Shown != 3 {
		t.Errorf("sites %+v", sites[0])
	}

	// The same key, but values of two types: what was not shown is of the first.
	g = newRig()
	for _, v := range []uint64{2, 3, 3} {
		p := g.at(bpf.Panic, site(1), typ(v))
		g.takeAll(p, g.at(bpf.Recover, of(p, 1), by(5), seen(10)))
	}
	total := uint64(0)
	for _, s := range g.Sites() {
		total += s.Seen
	}
	if len(g.Sites()) != 2 || total != 10 {
		t.Errorf("%d sites, %d events", len(g.Sites()), total)
	}
}

func TestMask(t *testing.T) {
	g := newRig()
	p := g.at(bpf.Panic, site(1), typ(5))
	g.takeAll(p, g.at(bpf.Recover, of(p, 1), by(5)))
	if got := *g.finish()[0].Message; got != "login: password=[redacted]" {
		t.Errorf("message %q", got)
	}
	g = newRig(func(o *Options) { o.Mask = func(s string) string { return s } })
	p = g.at(bpf.Panic, site(1), typ(5))
	g.takeAll(p, g.at(bpf.Recover, of(p, 1), by(5)))
	if got := *g.finish()[0].Message; got != "login: password=hunter2" {
		t.Errorf("message %q", got)
	}
}

// Whatever comes in whatever order, nothing breaks and nothing is remembered for
// good.
func TestChaos(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		g := newRig()
		var all, panics []*bpf.Record
		for range 200 {
			r := g.at(bpf.Kind(random.IntN(14)), site(random.Uint64N(9)), typ(random.Uint64N(7)), onG(random.Uint64N(3)),
				pid(random.Uint32N(4)), code(random.Int64N(1<<16)), seen(random.Uint64N(9)), by(random.Uint64N(5)))
			r.Exe, r.Peer = random.Uint32N(3), random.Uint32N(3)
			if r.Kind == bpf.Panic {
				panics = append(panics, r)
			} else if len(panics) > 0 && r.Kind == bpf.Recover {
				p := panics[random.IntN(len(panics))]
				of(p, random.Uint32N(4))(r)
				r.PID, r.G = p.PID, p.G
			}
			all = append(all, r)
		}
		for range 50 { // what is late, what is lost
			i, j := random.IntN(len(all)), random.IntN(len(all))
			all[i], all[j] = all[j], all[i]
		}
		all = slices.Delete(all, 10, 20)
		g.takeAll(all...)
		g.finish()
		if n := len(g.orphans) + len(g.ended) + len(g.dying) + len(g.flights.queue); n != 0 {
			t.Fatalf("%d things wait after the end", n)
		}
		ends := make(map[*Event]bool)
		for _, e := range g.events {
			if ends[e] {
				t.Fatal("an event was told twice")
			}
			ends[e] = true
			if e.Site == "" || e.Seen == 0 {
				t.Fatalf("no count: %+v", e)
			}
		}
	}
}
