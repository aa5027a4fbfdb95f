package goid

import (
	"strings"
	"sync"
	"testing"
)

// calibrated skips nothing: where numbers cannot be read, it checks that this is
// said.
func calibrated(tb testing.TB) bool {
	tb.Helper()
	err := Calibrate()
	if unsupported == "" {
		if err != nil {
			tb.Fatal(err)
		}
		return true
	}
	if err == nil || !strings.Contains(err.Error(), unsupported) || Self() != 0 || Parent() != 0 {
		tb.Fatalf("Calibrate: %v, Self %d, Parent %d, want the reason and zeros", err, Self(), Parent())
	}
	return false
}

func TestSelf(t *testing.T) {
	var wg sync.WaitGroup
	if Slow() == 0 {
		t.Fatal("Slow does not understand the header of runtime.Stack")
	}
	if !calibrated(t) {
		return
	}
	me := Self()
	if me != Slow() {
		t.Errorf("Self is %d, Slow says %d", me, Slow())
	}
	for range 100 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			if err := Calibrate(); err != nil {
				t.Error(err)
			}
			if got, want := Self(), Slow(); got != want || got == me {
				t.Errorf("Self is %d, Slow says %d", got, want)
			}
			if got := Parent(); got != me {
				t.Errorf("Parent is %d, want %d", got, me)
			}
		}()
	}
	wg.Wait()
}

// TestCalibrateAgain repeats the experiment, on descriptors that have been used
// by other goroutines before.
func TestCalibrateAgain(t *testing.T) {
	if !calibrated(t) {
		return
	}
	self, parent := selfAt.Load(), parentAt.Load()
	for range 500 {
		if err := calibrate(); err != nil {
			t.Fatal(err)
		}
		if selfAt.Load() != self || parentAt.Load() != parent || parent == 0 {
			t.Fatalf("found %d and %d, before %d and %d", selfAt.Load(), parentAt.Load(), self, parent)
		}
	}
}

func TestFind(t *testing.T) {
	var x trial
	for i := range x.samples {
		s := &x.samples[i]
		s.known[self] = int64(7 + i*i)
		s.words[3] = uint64(s.known[self])
		s.words[5] = 7 // fits only the first
	}
	if at := x.find(self); at != 3*8 {
		t.Errorf("found %d, want 24", at)
	}
	if at := x.find(parent); at != 0 {
		t.Errorf("found %d, though nobody has a creator", at)
	}
	for i := range x.samples {
		x.samples[i].words[40] = uint64(x.samples[i].known[self])
	}
	if at := x.find(self); at != 0 {
		t.Errorf("found %d, though two places fit", at)
	}
}

func TestNumber(t *testing.T) {
	for text, want := range map[string]int64{
		"goroutine 7 [running]:\nmain.main()":                  7,
		"goroutine 12 gp=0xc000006fc0 m=0 mp=0x5 [running]:\n": 12,
		"goroutine 9223372036854775807 [running]:\n":           9223372036854775807,
		"goroutine  [running]:\n":                              0,
		"goroutine ":                                           0,
		"":                                                     0,
		"goroutine 3 [running, locked to thread]:\nmain.f(0x1)\n\t/a": 3,
	} {
		if got := number([]byte(text), "goroutine "); got != want {
			t.Errorf("number(%q) is %d, want %d", text, got, want)
		}
	}
}

func BenchmarkSelf(b *testing.B) {
	calibrated(b)
	var n int64
	for i := 0; i < b.N; i++ {
		n += Self()
	}
	if n == 0 {
		b.Fatal("unknown")
	}
}

func BenchmarkSlow(b *testing.B) {
	for i := 0; i < b.N; i++ {
		if Slow() == 0 {
			b.Fatal("unknown")
		}
	}
}

func BenchmarkCalibrate(b *testing.B) {
	calibrated(b)
	for i := 0; i < b.N; i++ {
		if err := calibrate(); err != nil {
			b.Fatal(err)
		}
	}
}
