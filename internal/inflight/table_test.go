package inflight

import (
	"sync/atomic"
	"testing"
)

func newTable(tb testing.TB) *Table {
	tb.Helper()
	t, err := New()
	if err != nil {
		tb.Fatal(err)
	}
	return t
}

var typical = Entry{Method: "GET", Path: "/api/v1/users/12345/orders", Route: "GET /api/v1/users/{id}/orders", Traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", RequestID: "7b1c0f6e-5f0c-4f0e-9d2f-1f6a2b3c4d5e"}

func BenchmarkEnterLeave(b *testing.B) {
	t := newTable(b)
	e := typical
	b.ReportAllocs()
	for i := 0; i < b.N; i++ {
		t.Enter(77, &e).Leave()
	}
}

func BenchmarkEnterLeaveStart(b *testing.B) {
	t := newTable(b)
	e := typical
	e.Start = 5
	b.ReportAllocs()
	for i := 0; i < b.N; i++ {
		t.Enter(77, &e).Leave()
	}
}

func BenchmarkEnterLeaveParallel(b *testing.B) {
	t := newTable(b)
	b.ReportAllocs()
	var n atomic.Int64
	b.RunParallel(func(pb *testing.PB) {
		e := typical
		gid := n.Add(1)
		for pb.Next() {
			t.Enter(gid, &e).Leave()
		}
	})
}

func TestRoundTrip(t *testing.T) {
	table := newTable(t)
	e := typical
	s := table.Enter(7, &e)
	snap, err := Read(table.File())
	if err != nil || len(snap.Entries) != 1 {
		t.Fatalf("%+v %v", snap, err)
	}
	got, served, ok := table.Find(7)
	t.Logf("%+v %+v %v %v", snap, got, served, ok)
	s.Leave()
	snap, err = Read(table.File())
	if err != nil || len(snap.Entries) != 0 {
		t.Fatalf("%+v %v", snap, err)
	}
}
