package web

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/backstop-go/backstop/crash"
	"github.com/backstop-go/backstop/event"

	"github.com/backstop-go/backstop/cmd/backstop/internal/htmltest"
	"github.com/backstop-go/backstop/cmd/backstop/internal/issue"
	"github.com/backstop-go/backstop/cmd/backstop/internal/store"
)

// TestFiveSeconds checks what a stranger has to see at a glance: what died,
// why, whether recover could have caught it, and for which request.
func TestFiveSeconds(t *testing.T) {
	h := newHandler(t, sampleShop(), Options{})
	for _, c := range []struct {
		url, headline, message string
		answers                [4]string
		where                  string // the frame in focus
	}{
		{
			"/issues/1", "Write to a nil map in cart.(*Cart).Add", "panic: assignment to entry in nil map",
			[4]string{
				"What crashed? shop 1.8.2 The process lives: the panic was recovered. On shop-7f6d9c-x2x4q.",
				"Why? Write to a nil map A value was assigned",
				"Could recover have caught it? Yes, and one did A guard recovered it",
				"For which request? POST /cart/81f3/items route POST /cart/{id}/items trace 4bf92f3577b34da6a3ce929d0e0e4736 request 01JD5Z9W",
			},
			"github.com/acme/shop/cart.(*Cart).Add where it happened cart/cart.go:42",
		},
		{
			"/issues/2", "Two goroutines wrote one map in stats.(*Cache).Hit", "fatal error: concurrent map writes",
			[4]string{
				"What died? shop 1.8.2 The process is dead: it ended with status 2.",
				"Why? Two goroutines wrote one map",
				"Could recover have caught it? No The runtime ends the process itself",
				"For which request? GET /product/9",
			},
			"github.com/acme/shop/stats.(*Cache).Hit where it happened stats/cache.go:57",
		},
		{
			"/issues/3", "Killed by the OOM killer", "",
			[4]string{
				"What died? shop 1.8.2 The process is dead: the kernel's OOM killer ended it.",
				"Why? Killed by the OOM killer",
				"Could recover have caught it? No The process ended before any of its own code could run again.",
				"For which request? None known Nobody knows which of the requests in flight it was",
			},
			"",
		},
		{
			"/issues/4", "All goroutines are asleep in worker.(*Pool).Drain", "fatal error: all goroutines are asleep - deadlock!",
			[4]string{"What died? shop-worker", "Why? All goroutines are asleep", "Could recover have caught it? No", "For which request? None known"},
			"github.com/acme/shop/worker.(*Pool).Drain where it happened worker/pool.go:91",
		},
		{
			"/issues/5", "Exited by itself", "",
			[4]string{"What died? shop 1.7.9 The process is dead: it ended with status 3.", "Why? Exited by itself", "Could recover have caught it? No Nothing panicked.", "For which request? None known"},
			"",
		},
		{
			"/events/" + detached().ID, "Index out of range in coupon.pick[...]", "panic: runtime error: index out of range [3] with length 3",
			[4]string{
				"What died? shop 1.8.2 The process is dead: it ended with status 2.", "Why? Index out of range",
				"Could recover have caught it? Yes, but none did It is a panic, and nothing on this goroutine recovered it; a recover on any other goroutine cannot. A guard belongs at the top of github.com/acme/shop/api.(*Server).checkout.func2, started at api/checkout.go:139.",
				"For which request? None known",
			},
			"github.com/acme/shop/coupon.pick[go.shape.struct { Code string }] inlined where it happened coupon/coupon.go:29",
		},
	} {
		t.Run(c.url, func(t *testing.T) {
			all := open(t, h, c.url, 200)
			if got := htmltest.TextOf(all, "h1", ""); got != c.headline {
				t.Errorf("headline %q, want %q", got, c.headline)
			}
			if got := htmltest.TextOf(all, "pre", "message"); got != c.message {
				t.Errorf("message %q, want %q", got, c.message)
			}
			answers := htmltest.TextOf(all, "dl", "answers")
			at := 0
			for _, want := range c.answers {
				i := strings.Index(answers[at:], want)
				if i < 0 {
					t.Fatalf("answers %q lack %q", answers[at:], want)
				}
				at += i + len(want)
			}
			if got := htmltest.TextOf(all, "li", "focus"); got != c.where {
				t.Errorf("in focus: %q, want %q", got, c.where)
			}
		})
	}
}

func TestStackIsFolded(t *testing.T) {
	all := open(t, newHandler(t, sampleShop(), Options{}), "/issues/2", 200)
	var folded []string
	for _, e := range htmltest.Find(all, "details", "std") {
		folded = append(folded, strings.Join(strings.Fields(e.Text), " ")[:30])
	}
	if len(folded) < 2 || !strings.HasPrefix(folded[0], "2 frames of internal/runtime/m") || !strings.HasPrefix(folded[1], "5 frames of net/http, github.c") {
		t.Errorf("folded: %q", folded)
	}
	if got := htmltest.TextOf(all, "p", "created"); got != "created by net/http.(*Server).Serve in goroutine 1, main [IO wait] net/http/server.go:3493" {
		t.Errorf("created by: %q", got)
	}
	buckets := htmltest.TextOf(all, "ul", "buckets")
	at := 0
	for _, want := range []string{
		"23 net/http.(*connReader).backgroundRead IO wait, up to 1 min goroutines 40, 41,", "62 2 frames of internal/poll, net/http",
		"8 github.com/acme/shop/mail.(*Queue).worker chan receive, up to 3 min", "created by github.com/acme/shop/mail.NewQueue in goroutine 1, main",
		"8 github.com/acme/shop/stats.(*Cache).Hit runnable", "1 main.main IO wait, 4 min goroutine 1",
	} {
		i := strings.Index(buckets[at:], want)
		if i < 0 {
			t.Fatalf("other goroutines: %q lacks %q", buckets[at:], want)
		}
		at += i + len(want)
	}
}

func TestIncompleteReportsSaySo(t *testing.T) {
	h := newHandler(t, sampleShop(), Options{})
	got := htmltest.TextOf(open(t, h, "/issues/6", 200), "section", "warning")
	want := `This report is incomplete: the traceback was cut; frames or goroutines are missing. 61 goroutines in the text, 33 in the report. unparsed line, 3 times, first on line 88: {"level":"info","msg":"order placed"}`
	if got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got := htmltest.TextOf(open(t, h, "/issues/2", 200), "section", "warning"); got != "" {
		t.Errorf("a complete report is called incomplete: %q", got)
	}
}

// TestPagesOfPoorEvents shows events that know next to nothing.
func TestPagesOfPoorEvents(t *testing.T) {
	m := &memory{}
	m.add(event.Event{ID: "none"}, issue.New, 1, now)
	m.add(event.Event{ID: "future", Class: "panic.not_yet_known", Report: &crash.Report{Kind: "novel", Crash: 99}, OccurredAt: now.Add(time.Hour)}, "odd", 1, now)
	m.add(event.Event{ID: "loose", Class: "fragment", Report: &crash.Report{Kind: crash.KindFragment, Crash: -1, Loose: []crash.Frame{{Func: "main.f"}}}}, issue.New, 1, now)
	m.issues = append(m.issues, store.IssueDetail{Issue: store.Issue{State: issue.State{ID: 4, Title: "kept nowhere"}}})
	m.issues = append(m.issues, store.IssueDetail{Issue: store.Issue{State: issue.State{ID: 5, Title: "just gone"}}, Samples: []store.Sample{{EventID: "gone"}}})
	h := newHandler(t, m, Options{})
	for url, want := range map[string]string{
		"/events/none":                 "no report came with it",
		"/issues/1":                    "not said",
		"/issues/2":                    "1 h ahead",
		"/issues/3":                    "frames without a goroutine header",
		"/issues/4":                    "No event of this issue is kept. Counts are exact all the same.",
		"/issues/5":                    "just gone",
		"/classes/panic.not_yet_known": "A goroutine panicked.",
	} {
		if text := htmltest.TextOf(open(t, h, url, 200), "main", ""); !strings.Contains(text, want) {
			t.Errorf("%s: %q lacks %q", url, text, want)
		}
	}
}

func TestVerdicts(t *testing.T) {
	panicked := func(change func(*event.Event)) *event.Event {
		e := detached()
		change(&e)
		return &e
	}
	for _, c := range []struct {
		name         string
		e            *event.Event
		answer, says string
	}{
		{"no guard", panicked(func(*event.Event) {}), "Yes, but none did", "nothing on this goroutine recovered it"},
		{"guard, then on", panicked(func(e *event.Event) { e.Observers = []event.Observer{event.Guard} }), "Yes", "A guard did catch it, and raised it again"},
		{"recovered by a guard", panicked(func(e *event.Event) { e.Observers = []event.Observer{event.Guard}; e.Report.Recovered = true }), "Yes, and one did", "A guard recovered it"},
		{"recovered by net/http", panicked(func(e *event.Event) { e.Report.Recovered = true }), "Yes, and one did", "Something in the process recovered it"},
		{"panicked again", panicked(func(e *event.Event) { e.Report.Panics = []crash.Panic{{Repanicked: true}} }), "Yes", "panicked again"},
		{"no header", panicked(func(e *event.Event) { e.Report.Crash = -1 }), "Yes", "a deferred function of the same goroutine can recover it"},
		{"timeout of a test", panicked(func(e *event.Event) { e.Class = "panic.test_timeout" }), "No", "no deferred function of the program gets to see"},
		{"race", panicked(func(e *event.Event) { e.Class = "race" }), "Nothing to recover", "a report, not a panic"},
		{"fragment", panicked(func(e *event.Event) { e.Class = "fragment" }), "Nobody can tell", "missing"},
		{"hang", panicked(func(e *event.Event) { e.Class = "hang" }), "No", "the process waited"},
		{"signal", panicked(func(e *event.Event) { e.Class = "signal.sigquit" }), "No", "does not turn this signal into a panic"},
	} {
		t.Run(c.name, func(t *testing.T) {
			v := verdictFor(explain(c.e.Class), c.e)
			if v.Answer != c.answer || !strings.Contains(v.Reason, c.says) {
				t.Errorf("%q, %q; want %q, %q", v.Answer, v.Reason, c.answer, c.says)
			}
		})
	}
}

func TestGuardIsPlacedWhereItWorks(t *testing.T) {
	e := detached()
	e.Report.Goroutines[0].Frames = append(e.Report.Goroutines[0].Frames, httpTail()...)
	if v := verdictFor(explain(e.Class), &e); v.Entry != nil {
		t.Errorf("advises to put a guard into %s", v.Entry.Func)
	}
	e = detached()
	e.Report.Goroutines[0].Frames = []crash.Frame{fr("main.main", "main.go", 3), fr("runtime.main", "runtime/proc.go", 1), fr("runtime.goexit", "asm.s", 1)}
	e.Report.Goroutines[0].CreatedBy = nil
	if v := verdictFor(explain(e.Class), &e); v.Entry == nil || v.Entry.Func != "main.main" || v.By != nil {
		t.Errorf("advises %+v, started at %+v", v.Entry, v.By)
	}
}

func TestOwnLabelsAreTheRequest(t *testing.T) {
	e := nilMap()
	e.Report.Goroutines[0].Labels["backstop.path"] = "/cart"
	if o := newOccurrence(&e); len(o.Labels) != 2 {
		t.Errorf("%+v", o.Labels)
	}
	e.Request = nil
	if o := newOccurrence(&e); len(o.Labels) != 3 {
		t.Errorf("without a request: %+v", o.Labels)
	}
}

func TestRangeOfTheChart(t *testing.T) {
	for _, c := range []struct {
		asked       string
		first, last time.Duration
		want        string
	}{
		{"", time.Minute, time.Second, "1h"},
		{"", 5 * time.Hour, time.Second, "24h"},
		{"", 90 * 24 * time.Hour, 30 * time.Hour, "7d"},
		{"7d", time.Minute, time.Second, "7d"},
		{"nonsense", time.Minute, time.Second, "1h"},
	} {
		got := pickWindow(c.asked, issue.State{FirstSeen: now.Add(-c.first), LastSeen: now.Add(-c.last)}, now)
		if got.Name != c.want {
			t.Errorf("%+v: %s", c, got.Name)
		}
	}
}

func TestVisitorWhoLeftIsNoError(t *testing.T) {
	m := sampleShop()
	m.err = context.Canceled
	var log strings.Builder
	h := newHandler(t, m, Options{Logger: newTextLogger(&log)})
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	w := getContext(ctx, h, "/")
	if w.Body.Len() > 0 || log.Len() > 0 {
		t.Errorf("%d bytes written, log %q", w.Body.Len(), log.String())
	}
}
