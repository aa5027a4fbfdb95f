package sampling

import (
	"testing"
	"time"
)

func passMany(n int) {
	for i := 0; i < n*every; i++ {
		Pass()
	}
}

func TestPass(t *testing.T) {
	var hourly, always int
	removeHourly := Add(func(time.Time) { hourly++ }, time.Hour)
	removeAlways := Add(func(time.Time) { always++ }, 0)
	removeFaulty := Add(func(time.Time) { panic("at fault") }, 0)
	passMany(10)
	if hourly != 1 || always != 10 {
		t.Errorf("hourly had %d turns, always %d; want 1 and 10", hourly, always)
	}
	removeHourly()
	removeFaulty()
	passMany(10)
	if hourly != 1 || always != 20 {
		t.Errorf("after remove, hourly had %d turns, always %d; want 1 and 20", hourly, always)
	}
	removeAlways()
	removeAlways()
	passMany(10)
	if always != 20 || watches.Load() != nil {
		t.Errorf("after all were removed: %d turns, list %v", always, watches.Load())
	}
}

func TestIntervals(t *testing.T) {
	var at []time.Duration
	begin := time.Unix(1000, 0)
	w := &watch{look: func(now time.Time) { at = append(at, now.Sub(begin)) }, interval: int64(10 * time.Second)}
	for s := 0; s <= 60; s += 4 {
		turn([]*watch{w}, begin.Add(time.Duration(s)*time.Second))
	}
	want := []time.Duration{0, 12, 24, 36, 48, 60}
	for i := range want {
		if len(at) != len(want) || at[i] != want[i]*time.Second {
			t.Fatalf("turns at %v, want every 12 s", at)
		}
	}
}

func TestPassDoesNotAllocate(t *testing.T) {
	defer Add(func(time.Time) {}, time.Hour)()
	if n := testing.AllocsPerRun(10*every, Pass); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkPass(b *testing.B) {
	b.Run("nobody", func(b *testing.B) {
		for i := 0; i < b.N; i++ {
			Pass()
		}
	})
	b.Run("watched", func(b *testing.B) {
		defer Add(func(time.Time) {}, 10*time.Second)()
		for i := 0; i < b.N; i++ {
			Pass()
		}
	})
	b.Run("watched-parallel", func(b *testing.B) {
		defer Add(func(time.Time) {}, 10*time.Second)()
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				Pass()
			}
		})
	})
}
