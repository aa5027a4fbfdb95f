package inflight

import (
	"context"
	"fmt"
	"math/rand"
	"net/http"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/backstop-go/backstop/event"
)

func TestEnter(t *testing.T) {
	table := newTable(t)
	before := time.Now()
	s := table.Enter(7, &typical)
	after := time.Now()
	if !s.OK() {
		t.Fatal("no slot in an empty table")
	}
	snap := mustRead(t, table.File())
	if len(snap.Entries) != 1 || snap.PID != os.Getpid() || snap.Torn != 0 || snap.Overflow != 0 {
		t.Fatalf("%+v", snap)
	}
	got := snap.Entries[0]
	// The clock is compared with the wall clock's once a second.
	if slack := 2 * time.Second; got.StartedAt.Before(before.Add(-slack)) || got.StartedAt.After(after.Add(slack)) {
		t.Errorf("started at %v, between %v and %v", got.StartedAt, before, after)
	}
	got.StartedAt = time.Time{}
	want := event.InFlight{GoroutineID: 7, Request: event.Request{
		Method: "GET", URL: typical.Path, Route: typical.Route, TraceID: "0af7651916cd43dd8448eb211c80319c", RequestID: typical.RequestID,
	}}
	if got != want {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	e, ok := find(table, 7)
	if e.Start == 0 || !ok {
		t.Errorf("Find: %+v, %v", e, ok)
	}
	if e.Start = 0; e != typical {
		t.Errorf("Find: %+v", e)
	}
	if _, ok := find(table, 8); ok {
		t.Error("found a goroutine that is not in")
	}
	s.Leave()
	if _, ok := find(table, 7); ok {
		t.Error("found a goroutine that has left")
	}
	empty(t, table)
}

// TestNothing uses what is returned where there is no table.
func TestNothing(t *testing.T) {
	var none *Table
	s := none.Enter(1, &typical)
	s.Leave()
	_, found := find(none, 1)
	_, _, foundDone := findDone(none, make(chan struct{}))
	if s.OK() || none.Live(1) != nil || found || foundDone {
		t.Error("a table that is nil holds something")
	}
	table := newTable(t)
	s = table.Enter(0, &typical)
	s.Leave()
	_, found = find(table, 0)
	_, _, foundDone = findDone(table, nil)
	if s.OK() || table.Live(0) != nil || found || foundDone {
		t.Error("goroutine 0 is in")
	}
	empty(t, table)
}

func TestInner(t *testing.T) {
	route := func(table *Table) string {
		e, _ := find(table, 3)
		snap := mustRead(t, table.File())
		if len(snap.Entries) != 1 || snap.Entries[0].Request.Route != e.Route || e.Path != "/outer" {
			t.Errorf("Find: %+v, Read: %+v", e, snap)
		}
		return e.Route
	}
	table := newTable(t)
	live := new(http.Request)
	outer := table.Enter(3, &Entry{Path: "/outer", Live: live})
	inner := table.Enter(3, &Entry{Path: "/inner", Route: "/in/{er}", Live: new(http.Request)})
	innermost := table.Enter(3, &Entry{Route: "/innermost"})
	if got := route(table); got != "/in/{er}" {
		t.Errorf("route is %q, want the inner one", got)
	}
	if table.Live(3) != live {
		t.Errorf("live is %v", table.Live(3))
	}
	innermost.Leave()
	if got := route(table); got != "/in/{er}" {
		t.Errorf("route is %q, want the inner one still", got)
	}
	inner.Leave()
	if got := route(table); got != "" {
		t.Errorf("route is %q, want none after the inner one left", got)
	}
	outer.Leave()
	empty(t, table)
	// What comes late does no harm.
	next := table.Enter(3, &Entry{Path: "/outer", Route: "/next"})
	outer.Leave()
	inner.Leave()
	if got := route(table); got != "/next" || table.Live(3) != nil {
		t.Errorf("route is %q, live %v", got, table.Live(3))
	}
	next.Leave()
	next.Leave()
	empty(t, table)
}

func TestLive(t *testing.T) {
	table := newTable(t)
	r := new(http.Request)
	s := table.Enter(9, &Entry{Live: r})
	if table.Live(9) != r || table.Live(10) != nil {
		t.Errorf("live are %v and %v", table.Live(9), table.Live(10))
	}
	s.Leave()
	if table.Live(9) != nil {
		t.Error("live after Leave")
	}
	s = table.Enter(9, &Entry{})
	if table.Live(9) != nil {
		t.Error("live of the request before")
	}
	s.Leave()
	empty(t, table)
}

func TestFindDone(t *testing.T) {
	table := newTable(t)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	r := new(http.Request).WithContext(ctx)
	done, other := make(chan struct{}), make(chan struct{})
	a := table.Enter(70, &Entry{Path: "/live", Live: r})
	b := table.Enter(71, &Entry{Path: "/done", Done: done})
	c := table.Enter(72, &Entry{Path: "/neither"})
	type key struct{}
	for _, d := range []<-chan struct{}{ctx.Done(), context.WithValue(ctx, key{}, 1).Done()} {
		if e, gid, ok := findDone(table, d); e.Path != "/live" || gid != 70 || !ok {
			t.Errorf("%+v, %d, %v", e, gid, ok)
		}
	}
	if e, gid, ok := findDone(table, done); e.Path != "/done" || gid != 71 || !ok {
		t.Errorf("%+v, %d, %v", e, gid, ok)
	}
	if e, gid, ok := findDone(table, other); ok {
		t.Errorf("%+v, %d, of a channel that nobody has", e, gid)
	}
	if e, gid, ok := findDone(table, context.Background().Done()); ok {
		t.Errorf("%+v, %d, of a context that is never done", e, gid)
	}
	a.Leave()
	b.Leave()
	for _, d := range []<-chan struct{}{ctx.Done(), done} {
		if e, gid, ok := findDone(table, d); ok {
			t.Errorf("%+v, %d, after it left", e, gid)
		}
	}
	c.Leave()
	empty(t, table)
}

func TestChildren(t *testing.T) {
	table := newTable(t)
	table.Enter(1, &Entry{Path: "/a", RequestID: "x"})
	e, _ := find(table, 1)
	e.Child, e.Route = true, "/{a}"
	late := table.Enter(2, &e)
	e.Route = ""
	table.Enter(3, &e)
	e.RequestID, e.Start = "of a request that is over", e.Start+1
	table.Enter(4, &e)
	table.Enter(5, &e)
	snap := mustRead(t, table.File())
	var entries, children []int64
	for _, f := range snap.Entries {
		entries = append(entries, f.GoroutineID)
	}
	for _, f := range snap.Children {
		children = append(children, f.GoroutineID)
	}
	if got := fmt.Sprint(entries, children); got != "[1 4] [2 3 5]" {
		t.Errorf("entries and children are %s", got)
	}
	if got := snap.Entries[0].Request.Route; got != "/{a}" {
		t.Errorf("the entry has route %q, want what its child knows", got)
	}
	late.Leave()
	table.Enter(6, &Entry{Path: "/b", Traceparent: "0af7651916cd43dd8448eb211c80319c"}) // as OpenTelemetry has it
	if got := mustRead(t, table.File()).Entries[2].Request; got.TraceID != "0af7651916cd43dd8448eb211c80319c" {
		t.Errorf("the trace id that came bare is %q", got.TraceID)
	}
	if snap := mustRead(t, table.File()); len(snap.Entries) != 3 || len(snap.Children) != 2 || snap.Entries[0].Request.Route != "" {
		t.Errorf("%+v", snap)
	}
}

// TestLeft looks for the last request of goroutines that serve none.
func TestLeft(t *testing.T) {
	table := newTable(t)
	if _, ok := findLeft(table, 1); ok {
		t.Error("something was left before anything was entered")
	}
	table.Enter(1, &Entry{Path: "/first"}).Leave()
	second := table.Enter(1, &Entry{Path: "/second", Traceparent: "0af7651916cd43dd8448eb211c80319c"})
	if e, ok := findLeft(table, 1); ok {
		t.Errorf("%+v was left, but the goroutine is in", e)
	}
	second.Leave()
	if e, ok := findLeft(table, 1); !ok || e.Path != "/second" {
		t.Errorf("left %+v, %v", e, ok)
	}
	table.Enter(2, &Entry{Path: "/now"})
	snap := mustRead(t, table.File())
	if len(snap.Entries) != 1 || len(snap.Left) != 1 {
		t.Fatalf("%+v", snap)
	}
	left := snap.Left[0]
	if !left.Ended || left.GoroutineID != 1 || left.Request.URL != "/second" || left.Request.TraceID != "0af7651916cd43dd8448eb211c80319c" {
		t.Errorf("left %+v", left)
	}
}

// TestOverflow fills the table beyond what it holds.
func TestOverflow(t *testing.T) {
	table := newTable(t)
	for round := 1; round <= 3; round++ {
		var in []Slot
		var refused uint64
		before := mustRead(t, table.File()).Overflow
		for gid := int64(round * 10000); gid < int64(round*10000)+6000; gid++ {
			s := table.Enter(gid, &Entry{Path: fmt.Sprint(gid)})
			if !s.OK() {
				refused++
			}
			in = append(in, s)
			if e, ok := find(table, gid); ok != s.OK() || ok && e.Path != fmt.Sprint(gid) {
				t.Fatalf("Find(%d): %+v, %v", gid, e, ok)
			}
		}
		snap := mustRead(t, table.File())
		if uint64(len(snap.Entries))+refused != 6000 || snap.Overflow-before != refused || len(snap.Entries) > slots {
			t.Fatalf("%d in, %d refused, %d counted, of 6000", len(snap.Entries), refused, snap.Overflow-before)
		}
		if len(snap.Entries) < slots*9/10 {
			t.Errorf("only %d of %d slots were taken", len(snap.Entries), slots)
		}
		for _, i := range rand.New(rand.NewSource(1)).Perm(len(in)) {
			in[i].Leave()
		}
		empty(t, table)
	}
}

// TestCapacity says how many requests at once find room.
func TestCapacity(t *testing.T) {
	for _, n := range []int64{500, 1000, 2000, 3000, 3500, slots} {
		table := newTable(t)
		for gid := int64(1); gid <= n; gid++ {
			table.Enter(gid, &typical)
		}
		lost := mustRead(t, table.File()).Overflow
		t.Logf("%4d requests at once: %d without a slot", n, lost)
		if n <= 2000 && lost > 0 || lost > uint64(n)/10 {
			t.Errorf("%d of %d requests find no slot", lost, n)
		}
	}
}

func TestTexts(t *testing.T) {
	long := func(n int, c string) string { return strings.Repeat(c, n/len(c)) }
	for _, c := range []struct {
		name  string
		enter Entry
		want  Entry
	}{
		{"nothing", Entry{}, Entry{}},
		{
			"unclean",
			Entry{Method: "G\nT", Path: "/\x00\xff", Route: "\x1b[31m", Traceparent: "\x01", RequestID: "ü\u0085"},
			Entry{Method: "G?T", Path: "/??", Route: "?[31m", Traceparent: "?", RequestID: "ü?"},
		},
		{
			"each as long as may be",
			Entry{Method: long(99, "M"), Route: long(999, "r"), RequestID: long(999, "i"), Traceparent: long(99, "t"), Path: "/"},
			Entry{Method: long(event.MaxMethod, "M"), Route: long(maxRoute, "r"), RequestID: long(maxRequestID, "i"), Traceparent: long(maxTraceparent, "t"), Path: "/"},
		},
		{
			"a long path has the room",
			Entry{Method: "GET", Path: long(999, "p"), Route: "/{p}"},
			Entry{Method: "GET", Path: long(textSize-3, "p"), Route: "/{p}"},
		},
		{
			"all too long",
			Entry{Method: "GET", Path: long(999, "p"), Route: long(999, "r"), RequestID: long(999, "i"), Traceparent: typical.Traceparent},
			Entry{Method: "GET", Path: long(textSize-3-maxRequestID-len(typical.Traceparent), "p"), Route: long(maxRoute, "r"), RequestID: long(maxRequestID, "i"), Traceparent: typical.Traceparent},
		},
		{
			"cut between characters",
			Entry{Method: "M" + long(99, "ü"), Path: "/"},
			Entry{Method: "M" + long(event.MaxMethod-2, "ü"), Path: "/"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			table := newTable(t)
			s := table.Enter(1, &c.enter)
			e, ok := find(table, 1)
			e.Start = 0
			if e != c.want || !ok {
				t.Errorf("got  %+v\nwant %+v", e, c.want)
			}
			if snap := mustRead(t, table.File()); len(snap.Entries) != 1 || snap.Entries[0].Request.URL != c.want.Path {
				t.Errorf("%+v", snap)
			}
			if c.want.Route == "" {
				inner := table.Enter(1, &Entry{Route: long(999, "ä")})
				e, _ := find(table, 1)
				if len(e.Route) != maxRoute || !utf8.ValidString(e.Route) || e.Path != c.want.Path {
					t.Errorf("with a late route: %+v", e)
				}
				inner.Leave()
			}
			s.Leave()
			empty(t, table)
		})
	}
}

// TestStress looks from all sides at goroutines that come and go. What it finds
// has to be of one request.
func TestStress(t *testing.T) {
	table := newTable(t)
	const goroutines = 64
	rounds := int64(300)
	if testing.Short() {
		rounds = 50
	}
	var workers, watchers sync.WaitGroup
	var over atomic.Bool
	var done [goroutines + 1]<-chan struct{}
	var live [goroutines + 1]*http.Request
	for i := range done {
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		done[i], live[i] = ctx.Done(), new(http.Request).WithContext(ctx)
	}
	for gid := int64(1); gid <= goroutines; gid++ {
		workers.Add(1)
		go func() {
			defer workers.Done()
			for n := int64(1); n <= rounds; n++ {
				e := consistent(gid, n)
				if e.Done = done[gid]; n%2 == 0 {
					e.Live = live[gid]
				}
				s := table.Enter(gid, &e)
				if !s.OK() {
					t.Errorf("no slot for one of %d", goroutines)
				}
				if table.Live(gid) != e.Live {
					t.Errorf("live is %v, want %v", table.Live(gid), e.Live)
				}
				inner := table.Enter(gid, &Entry{Route: lateRouteOf(gid)})
				if got, ok := find(table, gid); !ok || got.Start != e.Start {
					t.Errorf("goroutine %d in request %d finds %+v, %v", gid, n, got, ok)
				}
				inner.Leave()
				s.Leave()
			}
		}()
	}
	watch := func(look func()) {
		watchers.Add(1)
		go func() {
			defer watchers.Done()
			for !over.Load() {
				look()
			}
		}()
	}
	same := func(e *Entry, gid int64) {
		want := consistent(gid, e.Start-gid*1e12)
		if e.Path != want.Path || e.RequestID != want.RequestID || e.Method != want.Method {
			t.Errorf("goroutine %d is torn: %+v", gid, e)
		}
	}
	watch(func() {
		for gid := int64(1); gid <= goroutines; gid++ {
			if e, ok := find(table, gid); ok {
				same(&e, gid)
			}
		}
	})
	watch(func() {
		for _, d := range done {
			if e, gid, ok := findDone(table, d); ok {
				if same(&e, gid); d != done[gid] {
					t.Errorf("goroutine %d has the channel of another", gid)
				}
			}
		}
	})
	watch(func() {
		snap := mustRead(t, table.File())
		for i := range snap.Entries {
			check(t, &snap.Entries[i])
		}
		for i := range snap.Left {
			check(t, &snap.Left[i])
		}
	})
	workers.Wait()
	over.Store(true)
	watchers.Wait()
	empty(t, table)
}

func TestNoAllocations(t *testing.T) {
	table := newTable(t)
	// As from net/http's server, whose contexts make their Done channel when they
	// are first asked for it (context/context.go, cancelCtx.Done).
	var requests [5000]*http.Request
	for i := range requests {
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		requests[i] = new(http.Request).WithContext(ctx)
	}
	for i := int64(0); i < 6000; i++ {
		table.Enter(1000+i, &typical) // most find no slot
	}
	next := 0
	for _, gid := range []int64{1001, 9001} {
		n := testing.AllocsPerRun(1000, func() {
			e := typical
			e.Route, e.Live = "", requests[next]
			next++
			s := table.Enter(gid, &e)
			inner := table.Enter(gid, &typical)
			inner.Leave()
			s.Leave()
		})
		if n != 0 {
			t.Errorf("%v allocations for a request of goroutine %d", n, gid)
		}
	}
}
