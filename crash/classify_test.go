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
