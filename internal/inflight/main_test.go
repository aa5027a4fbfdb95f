package inflight

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/backstop-go/backstop/event"
	"github.com/backstop-go/backstop/internal/crashtest"
)

func TestMain(m *testing.M) {
	crashtest.Main(m, map[string]crashtest.Program{
		"serve": serve,
		"hold":  hold,
		"leave": leave,
	})
}

// serve enters requests on many goroutines until it is killed.
func serve(args []string) {
	t, err := Open(args[0])
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	goroutines, _ := strconv.Atoi(args[1])
	var wg sync.WaitGroup
	for gid := int64(1); gid <= int64(goroutines); gid++ {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for n := int64(1); ; n++ {
				e := consistent(gid, n)
				s := t.Enter(gid, &e)
				runtime.Gosched() // so that others are in as well
				if n%3 == 0 {
					inner := t.Enter(gid, &Entry{Route: lateRouteOf(gid)})
					inner.Leave()
				}
				s.Leave()
			}
		}()
	}
	wg.Wait()
}

// hold claims a table, enters a request and waits until its input ends.
func hold(args []string) {
	t, err := Open(args[0])
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	t.Enter(5, &Entry{Method: "GET", Path: "/held"})
	fmt.Println("held")
	_, _ = os.Stdin.Read(make([]byte, 1))
}

// leave claims a table and ends within a request.
func leave(args []string) {
	t, err := Open(args[0])
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	for gid := int64(1); gid <= 50; gid++ {
		t.Enter(gid, &Entry{Method: "GET", Path: "/left"})
	}
	os.Exit(7)
}

// consistent makes an entry each of whose parts tells all of it.
func consistent(gid, n int64) Entry {
	id := fmt.Sprintf("%016x%016x", gid, n)
	e := Entry{
		Method:      fmt.Sprintf("M%d", n),
		Path:        fmt.Sprintf("/%d/%d/%s", gid, n, strings.Repeat("p", int(n%97))),
		Traceparent: "00-" + id + "-00f067aa0ba902b7-01",
		RequestID:   id,
		Start:       gid*1e12 + n,
	}
	if n%3 == 1 {
		e.Route = fmt.Sprintf("/%d/%d", gid, n)
	}
	return e
}

func lateRouteOf(gid int64) string { return fmt.Sprintf("/late/%d", gid) }

// check finds what is of another request in f.
func check(tb testing.TB, f *event.InFlight) {
	tb.Helper()
	gid := f.GoroutineID
	n := f.StartedAt.UnixNano() - gid*1e12
	want := consistent(gid, n)
	r := f.Request
	if r.Method != want.Method || r.URL != want.Path || r.TraceID != want.RequestID || r.RequestID != want.RequestID {
		tb.Errorf("goroutine %d, request %d is torn: %+v", gid, n, f)
	}
	if r.Route != want.Route && (n%3 == 1 || r.Route != lateRouteOf(gid)) && r.Route != "" {
		tb.Errorf("goroutine %d, request %d has the route of another: %+v", gid, n, f)
	}
}

func newTable(tb testing.TB) *Table {
	tb.Helper()
	t, err := New()
	if err != nil {
		if strings.Contains(err.Error(), "not made on") {
			tb.Skip(err)
		}
		tb.Fatal(err)
	}
	return t
}

func mustRead(tb testing.TB, f *os.File) Snapshot {
	tb.Helper()
	s, err := Read(f)
	if err != nil {
		tb.Fatal(err)
	}
	return s
}

// empty checks that a table is as new.
func empty(tb testing.TB, t *Table) {
	tb.Helper()
	if s := mustRead(tb, t.File()); len(s.Entries)+len(s.Children)+s.Torn > 0 {
		tb.Errorf("still in: %+v", s)
	}
	for i := range t.spilled {
		if n := t.spilled[i].Load(); n != 0 {
			tb.Errorf("bucket %d: %d have spilled", i, n)
		}
	}
	for i := range t.owner {
		if t.owner[i].Load() > 0 || t.live[i].Load() != nil {
			tb.Errorf("slot %d: owner %d, live %v", i, t.owner[i].Load(), t.live[i].Load())
		}
	}
}

var typical = Entry{
	Method:      "GET",
	Path:        "/api/v1/users/12345/orders",
	Route:       "GET /api/v1/users/{id}/orders",
	Traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
	RequestID:   "7b1c0f6e-5f0c-4f0e-9d2f-1f6a2b3c4d5e",
}

// find is Find, for tests that want all of it at once.
func find(t *Table, gid int64) (e Entry, ok bool) {
	ok = t.Find(gid, &e)
	return e, ok
}

func findLeft(t *Table, gid int64) (e Entry, ok bool) {
	ok = t.FindLeft(gid, &e)
	return e, ok
}

func findDone(t *Table, done <-chan struct{}) (e Entry, gid int64, ok bool) {
	gid, ok = t.FindDone(done, &e)
	return e, gid, ok
}
