package web

import (
	"fmt"
	"strings"
	"time"

	"github.com/backstop-go/backstop/crash"
	"github.com/backstop-go/backstop/event"

	"github.com/backstop-go/backstop/cmd/backstop/internal/htmlview"
	"github.com/backstop-go/backstop/cmd/backstop/internal/issue"
	"github.com/backstop-go/backstop/cmd/backstop/internal/store"
)

// now is the time at which every test looks at its pages.
var now = time.Date(2026, 11, 20, 14, 32, 10, 0, time.UTC)

const shop = "github.com/acme/shop/"

func fr(fn, file string, line int) crash.Frame { return crash.Frame{Func: fn, File: file, Line: line} }

// httpTail is what stands below a handler on every request's stack.
func httpTail() []crash.Frame {
	return []crash.Frame{
		fr("net/http.HandlerFunc.ServeHTTP", "net/http/server.go", 2322),
		fr("net/http.(*ServeMux).ServeHTTP", "net/http/server.go", 2861),
		fr("github.com/backstop-go/backstop.(*handler).ServeHTTP", "github.com/backstop-go/backstop@v0.1.0/handler.go", 88),
		fr("net/http.serverHandler.ServeHTTP", "net/http/server.go", 3340),
		fr("net/http.(*conn).serve", "net/http/server.go", 2109),
	}
}

func goroutines(from int64, n int, g crash.Goroutine) []crash.Goroutine {
	out := make([]crash.Goroutine, n)
	for i := range out {
		out[i] = g
		out[i].ID = from + int64(i)
	}
	return out
}

// idle are the goroutines any HTTP service has.
func idle() []crash.Goroutine {
	accept := crash.Goroutine{ID: 1, State: "IO wait", WaitMinutes: 4, Frames: []crash.Frame{
		fr("internal/poll.runtime_pollWait", "runtime/netpoll.go", 351),
		fr("net.(*TCPListener).Accept", "net/tcpsock.go", 380),
		fr("net/http.(*Server).Serve", "net/http/server.go", 3463),
		fr("main.main", shop+"cmd/shop/main.go", 61),
	}}
	keep := crash.Goroutine{State: "IO wait", WaitMinutes: 1, Frames: []crash.Frame{
		fr("internal/poll.runtime_pollWait", "runtime/netpoll.go", 351),
		fr("net/http.(*connReader).backgroundRead", "net/http/server.go", 702),
	}, CreatedBy: &crash.CreatedBy{Func: "net/http.(*connReader).startBackgroundRead", File: "net/http/server.go", Line: 698, Goroutine: 33}}
	worker := crash.Goroutine{State: "chan receive", WaitMinutes: 3, Frames: []crash.Frame{
		fr(shop+"mail.(*Queue).worker", shop+"mail/queue.go", 74),
	}, CreatedBy: &crash.CreatedBy{Func: shop + "mail.NewQueue", File: shop + "mail/queue.go", Line: 41, Goroutine: 1}}
	out := []crash.Goroutine{accept}
	out = append(out, goroutines(40, 23, keep)...)
	return append(out, goroutines(80, 8, worker)...)
}

func newReport(class crash.Class, message string, frames []crash.Frame, others []crash.Goroutine) *crash.Report {
	g := crash.Goroutine{ID: 33, State: "running", Frames: frames}
	r := &crash.Report{
		Kind: kindOf(class), Class: class, Message: message, HasMessage: true, GoVersion: "go1.26.8",
		Goroutines: append([]crash.Goroutine{g}, others...), GoroutineCount: 1 + len(others),
		Fingerprints: crash.Fingerprints{Strict: "v1:aa", Tolerant: "v1:5f0c2e9b7a41d863", Version: 1},
	}
	if r.Kind == crash.KindPanic {
		r.Panics = []crash.Panic{{Message: message}}
	}
	return r
}

func newEvent(id int, r *crash.Report, ago time.Duration, by ...event.Observer) event.Event {
	e := event.New(r, event.Supervisor, now.Add(-ago))
	e.ID = fmt.Sprintf("%032x", 0x4f1c0000+id)
	e.Observers = by
	e.Service, e.Release, e.Environment, e.Instance = "shop", "1.8.2", "production", "shop-7f6d9c-x2x4q"
	e.Process = event.Process{PID: 4711, Host: "node-3"}
	e.Build = event.Build{GoVersion: "go1.26.8", OS: "linux", Arch: "amd64", Module: "github.com/acme/shop", Revision: "0123456789abcdef0123"}
	e.Text = print1(r)
	return e
}

// print1 writes a report roughly as the runtime would have.
func print1(r *crash.Report) string {
	var b strings.Builder
	b.WriteString(htmlview.MessagePrefix(r.Kind) + r.Message + "\n")
	for _, g := range r.Goroutines {
		fmt.Fprintf(&b, "\ngoroutine %d [%s]:\n", g.ID, g.State)
		for _, f := range g.Frames {
			fmt.Fprintf(&b, "%s(...)\n\t%s:%d +0x1d\n", f.Func, f.File, f.Line)
		}
		if c := g.CreatedBy; c != nil {
			fmt.Fprintf(&b, "created by %s in goroutine %d\n\t%s:%d +0x58\n", c.Func, c.Goroutine, c.File, c.Line)
		}
	}
	return b.String()
}

// sampleShop is a shop after a bad hour: each of the kinds of crash a stranger
// meets first.
func sampleShop() *memory {
	m := &memory{}
	m.add(nilMap(), issue.New, 37, now.Add(-50*time.Minute))
	m.add(mapWrites(), issue.Regressed, 3, now.Add(-70*time.Hour))
	m.add(oomKill(), issue.Ongoing, 2, now.Add(-26*time.Hour))
	m.add(deadlock(), issue.New, 1, now.Add(-19*time.Minute))
	m.add(osExit(), issue.Resolved, 12, now.Add(-9*24*time.Hour))
	m.add(detached(), issue.Ongoing, 1204, now.Add(-30*24*time.Hour))
	m.issues[0].Releases = append(m.issues[0].Releases, store.ReleaseCount{Release: "1.8.1", Count: 4, FirstSeen: now.Add(-50 * time.Minute), LastSeen: now.Add(-45 * time.Minute)})

	m.services = []store.Service{
		{Name: "shop", Environments: []string{"production"}, FirstSeen: now.Add(-30 * 24 * time.Hour), LastSeen: now.Add(-3 * time.Second), LastRelease: "1.8.2", Events: 1246, OpenIssues: 4, Dropped: 17},
		{Name: "shop-worker", Environments: []string{"production", "staging"}, FirstSeen: now.Add(-30 * 24 * time.Hour), LastSeen: now.Add(-time.Minute), LastRelease: "1.8.2", Events: 1, OpenIssues: 1},
		{Name: "catalogue", Environments: []string{"staging"}, FirstSeen: now.Add(-5 * time.Hour), LastSeen: now.Add(-20 * time.Second), LastRelease: "0.9.0"},
	}
	for i, n := range []int64{1, 0, 0, 2, 0, 0, 0, 1, 0, 3, 5, 9, 14, 11, 4, 2, 1, 0, 0, 1, 0, 0, 0, 2, 1, 0, 3, 0, 1, 1} {
		m.points = append(m.points, store.Point{Minute: now.Truncate(time.Minute).Add(time.Duration(i-35) * time.Minute), Count: n})
	}
	m.points = append(m.points, store.Point{Minute: now.Truncate(time.Minute).Add(-time.Minute), Count: 1})
	return m
}

func nilMap() event.Event {
	frames := append([]crash.Frame{
		fr("panic", "runtime/panic.go", 860),
		fr("runtime.mapassign_faststr", "internal/runtime/maps/runtime_faststr_swiss.go", 265),
		fr(shop+"cart.(*Cart).Add", shop+"cart/cart.go", 42),
		fr(shop+"api.(*Server).addItem", shop+"api/cart.go", 118),
	}, httpTail()...)
	r := newReport("panic.nil_map", "assignment to entry in nil map", frames, nil)
	r.Recovered, r.Goroutines[0].Labels = true, map[string]string{"route": "POST /cart/{id}/items", "tenant": "acme-eu"}
	r.Goroutines[0].CreatedBy = &crash.CreatedBy{Func: "net/http.(*Server).Serve", File: "net/http/server.go", Line: 3493, Goroutine: 1}
	e := newEvent(1, r, 40*time.Second, event.Guard)
	e.PanicValue = `runtime.plainError: "assignment to entry in nil map"`
	e.Request = &event.Request{Method: "POST", URL: "/cart/81f3/items", Route: "POST /cart/{id}/items", TraceID: "4bf92f3577b34da6a3ce929d0e0e4736", RequestID: "01JD5Z9W"}
	return e
}

func mapWrites() event.Event {
	frames := append([]crash.Frame{
		fr("internal/runtime/maps.fatal", "runtime/panic.go", 1181),
		fr("runtime.mapassign_faststr", "internal/runtime/maps/runtime_faststr_swiss.go", 281),
		fr(shop+"stats.(*Cache).Hit", shop+"stats/cache.go", 57),
		fr(shop+"api.(*Server).product", shop+"api/product.go", 33),
	}, httpTail()...)
	busy := crash.Goroutine{
		State: "runnable", Frames: append([]crash.Frame{
			fr(shop+"stats.(*Cache).Hit", shop+"stats/cache.go", 57), fr(shop+"api.(*Server).product", shop+"api/product.go", 33),
		}, httpTail()...),
		CreatedBy: &crash.CreatedBy{Func: "net/http.(*Server).Serve", File: "net/http/server.go", Line: 3493, Goroutine: 1},
	}
	r := newReport("fatal.concurrent_map_writes", "concurrent map writes", frames, append(idle(), goroutines(200, 8, busy)...))
	r.Goroutines[0].CreatedBy = busy.CreatedBy
	e := newEvent(2, r, 6*time.Minute, event.Monitor, event.Supervisor)
	e.Exit = &event.Exit{Status: 2}
	e.InFlight = []event.InFlight{
		{GoroutineID: 201, StartedAt: e.OccurredAt.Add(-3 * time.Second), Request: event.Request{Method: "GET", URL: "/product/7", RequestID: "01JD5Z9X"}},
		{GoroutineID: r.Goroutines[0].ID, StartedAt: e.OccurredAt.Add(-2 * time.Millisecond), Request: event.Request{Method: "GET", URL: "/product/9", TraceID: "4bf92f3577b34da6a3ce929d0e0e4736"}},
	}
	e.InFlightCount = len(e.InFlight)
	e.FindRequest()
	return e
}

func oomKill() event.Event {
	r := &crash.Report{Kind: crash.KindKill, Class: "kill.oom", Crash: -1}
	e := newEvent(3, r, 31*time.Minute, event.Supervisor)
	e.Text, e.Message = "", nil
	e.Exit = &event.Exit{Status: -1, Signal: "SIGKILL", OOM: true, By: event.ByOOMKiller}
	for i := range 70 {
		e.InFlight = append(e.InFlight, event.InFlight{
			GoroutineID: int64(300 + i), StartedAt: e.OccurredAt.Add(-time.Duration(70-i) * 170 * time.Millisecond),
			Request: event.Request{Method: "GET", URL: fmt.Sprintf("/export/%d", i), Route: "GET /export/{id}", TraceID: fmt.Sprintf("%032x", 0x4bf92f+i)},
		})
	}
	e.InFlight, e.InFlightCount = e.InFlight[:event.MaxInFlight], len(e.InFlight)
	return e
}

func deadlock() event.Event {
	r := newReport("fatal.deadlock", "all goroutines are asleep - deadlock!", []crash.Frame{
		fr("sync.runtime_SemacquireWaitGroup", "runtime/sema.go", 114),
		fr("sync.(*WaitGroup).Wait", "sync/waitgroup.go", 206),
		fr(shop+"worker.(*Pool).Drain", shop+"worker/pool.go", 91),
		fr("main.main", shop+"cmd/worker/main.go", 28),
	}, goroutines(18, 4, crash.Goroutine{
		State: "chan send", Frames: []crash.Frame{
			fr(shop+"worker.(*Pool).run.func1", shop+"worker/pool.go", 63),
		},
		CreatedBy: &crash.CreatedBy{Func: shop + "worker.(*Pool).run", File: shop + "worker/pool.go", Line: 58, Goroutine: 1},
	}))
	r.Goroutines[0].ID, r.Goroutines[0].State = 1, "sync.WaitGroup.Wait"
	e := newEvent(4, r, 19*time.Minute, event.Monitor, event.Supervisor)
	e.Service, e.Instance = "shop-worker", "worker-0"
	e.Exit = &event.Exit{Status: 2}
	return e
}

func osExit() event.Event {
	r := &crash.Report{Kind: crash.KindExit, Class: "exit.os_exit", Crash: -1}
	e := newEvent(5, r, 3*24*time.Hour, event.Supervisor)
	e.Text, e.Message = "", nil
	e.Release, e.Exit = "1.7.9", &event.Exit{Status: 3}
	return e
}

// detached is a panic in a goroutine that a handler started, so that the guard
// around the handler cannot see it. Its traceback was damaged on the way.
func detached() event.Event {
	r := newReport("panic.index", "runtime error: index out of range [3] with length 3", []crash.Frame{
		fr("panic", "runtime/panic.go", 860),
		fr("runtime.goPanicIndex", "runtime/panic.go", 115),
		fr(shop+"coupon.pick[go.shape.struct { Code string }]", shop+"coupon/coupon.go", 29),
		fr(shop+"coupon.(*Engine).Apply", shop+"coupon/engine.go", 77),
		fr(shop+"api.(*Server).checkout.func2", shop+"api/checkout.go", 143),
	}, idle())
	r.Goroutines[0].CreatedBy = &crash.CreatedBy{Func: shop + "api.(*Server).checkout", File: shop + "api/checkout.go", Line: 139, Goroutine: 912}
	r.Goroutines[0].Frames[2].Inlined = true
	r.Truncated, r.GoroutineCount = true, 61
	r.Problems = []crash.Problem{{Code: "unparsed_line", Line: 88, Count: 3, Text: `{"level":"info","msg":"order placed"}`}}
	e := newEvent(6, r, 12*time.Second, event.Supervisor, event.Log)
	e.Exit = &event.Exit{Status: 2}
	return e
}
