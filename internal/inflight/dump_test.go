package inflight

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"math/rand"
	"reflect"
	"testing"

	"github.com/backstop-go/backstop/crash"
	"github.com/backstop-go/backstop/event"
)

// TestDump compares what is read of a dump with what is read of the table.
func TestDump(t *testing.T) {
	table := newTable(t)
	if data, busy, err := Dump(table.File(), 1<<20); data != nil || busy != 0 || err != nil {
		t.Errorf("an empty table: %d bytes, %v", len(data), err)
	}
	for i := range int64(300) {
		e := typical
		e.RequestID = fmt.Sprintf("%x-%x", rand.Uint64(), rand.Uint64())
		e.Start, e.Child = 1000+i, i%10 == 9
		s := table.Enter(i+1, &e)
		if i%3 == 0 {
			s.Leave()
		}
	}
	want, err := Read(table.File())
	if err != nil || len(want.Entries)+len(want.Children) != 200 {
		t.Fatalf("%d requests, %d more goroutines (%v)", len(want.Entries), len(want.Children), err)
	}
	data, busy, err := Dump(table.File(), 1<<20)
	if err != nil || busy != 200 {
		t.Fatalf("%d are serving, want 200 (%v)", busy, err)
	}
	if got, err := Undump(data); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v (%v), want %+v", got, err, want)
	}
	short, _, err := Dump(table.File(), len(data)/3)
	if got, uerr := Undump(short); err != nil || uerr != nil || len(short) > len(data)/3 || len(got.Entries) < 20 || len(got.Entries) >= len(want.Entries) {
		t.Errorf("in a third of the room: %d bytes, %d requests (%v, %v)", len(short), len(got.Entries), err, uerr)
	}
	for n := 0; n < len(data); n += 1 + len(data)/50 {
		if snap, err := Undump(data[:n]); err == nil && len(snap.Entries) > len(want.Entries) {
			t.Errorf("of %d bytes, %d requests are read", n, len(snap.Entries))
		}
	}
}

// TestDumpForgets looks for a request that another has taken the place of.
func TestDumpForgets(t *testing.T) {
	table := newTable(t)
	table.Enter(7, &Entry{Method: "GET", Path: "/a/long/path/of/the/first/request/secret"}).Leave()
	table.Enter(7, &Entry{Method: "GET", Path: "/"})
	whole, err := io.ReadAll(io.NewSectionReader(table.File(), 0, fileSize))
	if err != nil || !bytes.Contains(whole, []byte("secret")) {
		t.Fatalf("the table holds nothing of the first request, and the test is in vain (%v)", err)
	}
	data, _, err := Dump(table.File(), 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	r, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	if raw, err := io.ReadAll(r); err != nil || bytes.Contains(raw, []byte("secret")) {
		t.Errorf("the dump still has the first request (%v)", err)
	}
}

// TestAddTo finds the request of a crashed goroutine that only works for it, and
// lists as many as an event may have.
func TestAddTo(t *testing.T) {
	var s Snapshot
	for i := range int64(event.MaxInFlight + 10) {
		s.Entries = append(s.Entries, event.InFlight{GoroutineID: i + 1, Request: event.Request{URL: fmt.Sprint("/", i+1)}})
	}
	s.Children = []event.InFlight{{GoroutineID: 1000, Request: event.Request{URL: "/child"}}}
	s.Left = []event.InFlight{{GoroutineID: 2000, Ended: true, Request: event.Request{URL: "/left"}}}
	crashed := crash.Goroutine{ID: 2001, CreatedBy: &crash.CreatedBy{Goroutine: 2000}}
	e := event.Event{Report: &crash.Report{Kind: crash.KindFatal, Goroutines: []crash.Goroutine{crashed}}}
	s.AddTo(&e)
	if e.Request == nil || e.Request.URL != "/left" || len(e.InFlight) != event.MaxInFlight || e.InFlightCount != len(s.Entries) {
		t.Errorf("started by who has served: request %+v, %d of %d in flight", e.Request, len(e.InFlight), e.InFlightCount)
	}
	for goroutine, want := range map[int64]string{3: "/3", int64(len(s.Entries)): fmt.Sprint("/", len(s.Entries)), 1000: "/child"} {
		e := event.Event{Report: &crash.Report{Kind: crash.KindFatal, Goroutines: []crash.Goroutine{{ID: goroutine}}}}
		s.AddTo(&e)
		if e.Request == nil || e.Request.URL != want || len(e.InFlight) != event.MaxInFlight || e.InFlightCount != len(s.Entries) {
			t.Errorf("goroutine %d: request %+v, %d of %d in flight", goroutine, e.Request, len(e.InFlight), e.InFlightCount)
		}
	}
}

func FuzzUndump(f *testing.F) {
	t := newTable(f)
	e := typical
	t.Enter(7, &e)
	data, _, err := Dump(t.File(), 1<<20)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Fuzz(func(t *testing.T, data []byte) {
		snap, err := Undump(data)
		if err == nil && len(snap.Entries)+len(snap.Children) > slots {
			t.Errorf("%d requests", len(snap.Entries))
		}
	})
}
