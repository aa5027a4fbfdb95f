package crash

import (
	"bytes"
	"strings"
	"testing"
)

// BenchmarkClassify shows what a class costs beside reading the report: the
// fast ways, by a row of the message, and the slow ones, by every frame.
func BenchmarkClassify(b *testing.B) {
	library := func(n int) string {
		return strings.Repeat("encoding/json.(*decodeState).object(0x1)\n\t/usr/local/go/src/encoding/json/decode.go:1 +0x1\n", n)
	}
	for _, c := range []struct{ name, text string }{
		{"nil-map", "panic: assignment to entry in nil map\n\ngoroutine 1 [running]:\nmain.f(...)\n\t/src/main.go:9\n"},
		{"custom", "panic: cart 17 of bob is broken: no such article\n\ngoroutine 1 [running]:\nmain.f(...)\n\t/src/main.go:9\n"},
		{"custom-in-library", "panic: value of another type\n\ngoroutine 1 [running]:\n" + library(30) + "main.f(...)\n\t/src/main.go:9\n"},
		{"fatal", "fatal error: all goroutines are asleep - deadlock!\n\ngoroutine 1 [chan receive]:\nmain.f(...)\n\t/src/main.go:9\n"},
		{"fatal-by-word", "fatal error: bad sweepgen in refill\n\ngoroutine 1 [running]:\nmain.f(...)\n\t/src/main.go:9\n"},
		{"fatal-by-file", "fatal error: something new\n\ngoroutine 1 [running]:\nruntime.throw({0x1, 0x2})\n\t/go/src/runtime/panic.go:1 +0x1\nruntime.f()\n\t/go/src/runtime/mheap.go:1 +0x1\nmain.f(...)\n\t/src/main.go:9\n"},
	} {
		r, err := Parse(bytes.NewReader([]byte(c.text)))
		if err != nil {
			b.Fatal(err)
		}
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for i := 0; i < b.N; i++ {
				Classify(r)
			}
		})
	}
}

// Classify allocates nothing: it runs for each report of a stream.
func TestClassifyAllocatesNothing(t *testing.T) {
	for _, file := range goldenFiles(t) {
		_, text := readGolden(t, file)
		r, err := parseGolden(file, text)
		if err != nil {
			continue
		}
		if n := testing.AllocsPerRun(3, func() { Classify(r) }); n != 0 {
			t.Errorf("%s: Classify allocates %v times", file, n)
		}
	}
}

// Texts of old Go versions, as issue trackers still hold them, and texts whose
// details were lost on the way.
func TestOldTexts(t *testing.T) {
	for _, test := range []struct {
		want Class
		text string
	}{
		{"fatal.deadlock", "throw: all goroutines are asleep - deadlock!\n\ngoroutine 1 [chan receive]:\nmain.main()\n\t/src/main.go:5 +0x1\n"},
		{"fatal.oom", "throw: out of memory\n\ngoroutine 1 [running]:\nmain.main()\n\t/src/main.go:5 +0x1\n"},
		{"fatal.go_nil_func", "throw: go of nil func value\n\ngoroutine 1 [running]:\nmain.main()\n\t/src/main.go:5 +0x1\n"},
		{"fatal.oom", "fatal error: runtime: out of memory\n"},
		{"fatal.signal_in_runtime", "fatal error: unexpected signal during runtime call\n[signal 0xb code=0x1 addr=0x0 pc=0x41]\n"},
		{"fatal.stack_overflow", "fatal error: stack overflow\n"},
		{"fatal.concurrent_map_writes", "fatal error: concurrent map writes\n"},
		{"fatal.newosproc", "fatal error: newosproc\n"},
		{"fatal.newosproc", "fatal error: runtime.newosproc\n"},
		{"fatal.sync_unlock", "fatal error: sync: unlock of unlocked mutex\n"},
		{"fatal.gc_corruption", "fatal error: MHeap_AllocLocked - bad npages\n"},
		{"fatal.sched", "fatal error: schedule: holding locks\n"},
		{"panic.sync_unlock", "panic: sync: unlock of unlocked mutex\n\ngoroutine 1 [running]:\n"},
		{"panic.index", "panic: runtime error: index out of range\n\ngoroutine 1 [running]:\n"},
		{"panic.slice_bounds", "panic: runtime error: slice bounds out of range\n\ngoroutine 1 [running]:\n"},
		{"panic.nil_map", "panic: runtime error: assignment to entry in nil map\n\ngoroutine 1 [running]:\n"},
		{"panic.nil_map", "panic: assignment to entry in nil map\n\ngoroutine 1 [running]:\n"},
		{"panic.closed_chan", "panic: runtime error: close of closed channel\n\ngoroutine 1 [running]:\n"},
		{"panic.closed_chan", "panic: runtime error: send on closed channel\n\ngoroutine 1 [running]:\n"},
		{"panic.nil_chan", "panic: runtime error: close of nil channel\n\ngoroutine 1 [running]:\n"},
		{"panic.nil_deref", "panic: runtime error: call of nil func value\n\ngoroutine 1 [running]:\n"},
		{"panic.unhashable", "panic: runtime error: hash of unhashable type []int\n\ngoroutine 1 [running]:\n"},
		{"panic.unhashable", "panic: hash of unhashable type: []int\n\ngoroutine 1 [running]:\n"},
		{"panic.make_size", "panic: runtime error: makemap: size out of range\n\ngoroutine 1 [running]:\n"},
		{"panic.iface_conversion", "panic: interface conversion: interface is string, not int\n\ngoroutine 1 [running]:\n"},
		{"panic.nil_deref", "panic: runtime error: invalid memory address or nil pointer dereference\n[signal 0xb code=0x1 addr=0x18 pc=0x40]\n\ngoroutine 1 [running]:\n"},
		{"panic.nil_deref", "panic: runtime error: invalid memory address or nil pointer dereference\n[signal 0xc0000005 code=0x0 addr=0x28 pc=0x40]\n\ngoroutine 1 [running]:\n"},
		{"panic.fault", "panic: runtime error: invalid memory address or nil pointer dereference\n[signal SIGSEGV: segmentation violation code=0x1 addr=0x7f00 pc=0x40]\n\ngoroutine 1 [running]:\n"},
		{"fatal.gc_corruption", "fatal error: a text of the future\n\ngoroutine 1 [running]:\nruntime.throw({0x1?, 0x2?})\n\t/go/src/runtime/panic.go:1 +0x1\nruntime.(*mheap).future()\n\t/go/src/runtime/mheap.go:9 +0x1\n"},
		{"fatal.runtime", "fatal error: a text of the future\n"},
	} {
		r, err := Parse(strings.NewReader(test.text))
		if err != nil {
			t.Errorf("%q: %v", test.text, err)
			continue
		}
		if r.Class != test.want {
			t.Errorf("%q: class %s, want %s", test.text, r.Class, test.want)
		}
	}
}
