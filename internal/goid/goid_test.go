package goid

import (
	"sync"
	"testing"
)

func TestSelf(t *testing.T) {
	if err := Calibrate(); err != nil {
		t.Fatal(err)
	}
	if got, want := Self(), Slow(); got != want || got == 0 {
		t.Errorf("Self is %d, Slow says %d", got, want)
	}
	me := Self()
	var wg sync.WaitGroup
	for range 100 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			if got, want := Self(), Slow(); got != want || got == 0 {
				t.Errorf("Self is %d, Slow says %d", got, want)
			}
			if got := Parent(); got != me {
				t.Errorf("Parent is %d, want %d", got, me)
			}
		}()
	}
	wg.Wait()
}

func BenchmarkSelf(b *testing.B) {
	if err := Calibrate(); err != nil {
		b.Fatal(err)
	}
	var n int64
	for i := 0; i < b.N; i++ {
		n += Self()
	}
	if n == 0 {
		b.Fatal("unknown")
	}
}

func BenchmarkCalibrate(b *testing.B) {
	for i := 0; i < b.N; i++ {
		if err := calibrate(); err != nil {
			b.Fatal(err)
		}
	}
}
