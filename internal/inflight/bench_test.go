package inflight

import (
	"sync/atomic"
	"testing"
)

// BenchmarkEnterLeave is what a request costs, the time included.
func BenchmarkEnterLeave(b *testing.B) {
	t := newTable(b)
	b.ReportAllocs()
	b.ResetTimer()
	for i := 0; i < b.N; i++ {
		e := typical
		t.Enter(77, &e).Leave()
	}
}

func BenchmarkEnterLeaveParallel(b *testing.B) {
	t := newTable(b)
	var gid atomic.Int64
	b.ReportAllocs()
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		me := gid.Add(1)
		for pb.Next() {
			e := typical
			t.Enter(me, &e).Leave()
		}
	})
}

// BenchmarkEnterLeaveCrowded is among 1000 others.
func BenchmarkEnterLeaveCrowded(b *testing.B) {
	t := newTable(b)
	for gid := int64(1); gid <= 1000; gid++ {
		t.Enter(gid, &typical)
	}
	b.ReportAllocs()
	b.ResetTimer()
	for i := 0; i < b.N; i++ {
		e := typical
		t.Enter(2000+int64(i%100), &e).Leave()
	}
}

func BenchmarkFind(b *testing.B) {
	t := newTable(b)
	t.Enter(77, &typical)
	b.ReportAllocs()
	b.ResetTimer()
	for i := 0; i < b.N; i++ {
		if _, ok := find(t, 77); !ok {
			b.Fatal("not found")
		}
	}
}

func BenchmarkFindDone(b *testing.B) {
	t := newTable(b)
	e := typical
	done := make(chan struct{})
	e.Done = done
	t.Enter(77, &e)
	b.ReportAllocs()
	b.ResetTimer()
	for i := 0; i < b.N; i++ {
		if _, _, ok := findDone(t, done); !ok {
			b.Fatal("not found")
		}
	}
}

func BenchmarkRead(b *testing.B) {
	t := newTable(b)
	for gid := int64(1); gid <= 100; gid++ {
		t.Enter(gid, &typical)
	}
	b.ReportAllocs()
	b.ResetTimer()
	for i := 0; i < b.N; i++ {
		mustRead(b, t.File())
	}
}

func BenchmarkNew(b *testing.B) {
	for i := 0; i < min(b.N, 10000); i++ {
		newTable(b).file.Close()
	}
}
