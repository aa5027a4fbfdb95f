package crash

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"
)

// dump returns a traceback of n goroutines, as a server prints it.
func dump(n int) []byte {
	var b bytes.Buffer
	b.WriteString("panic: assignment to entry in nil map\n\ngoroutine 7 [running]:\nexample.com/shop/cart.(*Cart).Add(...)\n\t/src/shop/cart/cart.go:9\nmain.main()\n\t/src/shop/main.go:122 +0xa5\n")
	for i := 0; i < n; i++ {
		fmt.Fprintf(&b, "\ngoroutine %d [chan receive, %d minutes]:\n", i+8, i%9)
		b.WriteString("example.com/shop/pool.(*Worker).next(0xc000112000, {0x0?, 0xc000010018?})\n\t/src/shop/pool/pool.go:57 +0x125\n")
		b.WriteString("example.com/shop/pool.(*Worker).Run(0xc000112000)\n\t/src/shop/pool/pool.go:31 +0x45\n")
		b.WriteString("net/http.HandlerFunc.ServeHTTP(0x90cc60?, {0x73ccd0?, 0xc000108000?}, 0xc0000f3b50?)\n\t/usr/local/go/src/net/http/server.go:2141 +0x29\n")
		b.WriteString("created by example.com/shop/pool.New in goroutine 1\n\t/src/shop/pool/pool.go:20 +0x9d\n")
	}
	return b.Bytes()
}

func BenchmarkParse(b *testing.B) {
	for _, n := range []int{10, 1000, 20000} {
		text := dump(n)
		b.Run(fmt.Sprintf("goroutines=%d", n), func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for i := 0; i < b.N; i++ {
				r, err := Parse(bytes.NewReader(text))
				if err != nil || len(r.Goroutines) != n+1 {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkParseLog reads a log without any crash: what watching a healthy
// program costs.
func BenchmarkParseLog(b *testing.B) {
	text := []byte(strings.Repeat("2026/11/20 19:44:07 GET /cart/17 200 1.2ms user=bob trace=4bf92f3577b34da6a3ce929d0e0e4736\n", 10000))
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for i := 0; i < b.N; i++ {
		if _, err := NewReader(bytes.NewReader(text)).Next(); err != io.EOF {
			b.Fatal(err)
		}
	}
}

// BenchmarkFingerprint hashes the crash of a handler, ten frames deep.
func BenchmarkFingerprint(b *testing.B) {
	for name, r := range fingerprintReports() {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for i := 0; i < b.N; i++ {
				Fingerprint(r)
			}
		})
	}
}

// fingerprintReports are the crashes that benchmarks and allocation tests use.
func fingerprintReports() map[string]*Report {
	stack := []Frame{
		{Func: "panic", File: "/usr/local/go/src/runtime/panic.go", Line: 859},
		{Func: "runtime.mapassign_faststr", File: "/usr/local/go/src/runtime/map_faststr.go", Line: 203},
		{Func: "example.com/shop/cart.(*Cart).Add", File: "/src/shop/cart/cart.go", Line: 9},
		{Func: "example.com/shop/cart.(*Service).add", File: "/src/shop/cart/service.go", Line: 77},
		{Func: "example.com/shop/store.(*Tx).Do", File: "/src/shop/store/tx.go", Line: 41},
		{Func: "example.com/shop/cart.(*Service).Update", File: "/src/shop/cart/service.go", Line: 112},
		{Func: "example.com/shop/pool.(*Worker).run", File: "/src/shop/pool/worker.go", Line: 31},
		{Func: "example.com/shop/pool.(*Pool).work", File: "/src/shop/pool/pool.go", Line: 57},
		{Func: "main.serve", File: "/src/shop/main.go", Line: 250},
		{Func: "main.main", File: "/src/shop/main.go", Line: 44},
	}
	closures := append([]Frame(nil), stack...)
	closures[4].Func = "example.com/shop/store.Each[...]"
	closures[5].Func = "example.com/shop/cart.(*Service).Update.func2.1"
	closures[8].Func = "main.serve.func3"
	report := func(class Class, message string, frames []Frame) *Report {
		return &Report{
			Kind: KindPanic, Class: class, Message: message, HasMessage: true, Panics: []Panic{{Message: message}},
			Goroutines: []Goroutine{{ID: 7, State: "running", Frames: frames}}, GoroutineCount: 1,
		}
	}
	return map[string]*Report{
		"plain":    report("panic.nil_map", "assignment to entry in nil map", stack),
		"closures": report("panic.nil_map", "assignment to entry in nil map", closures),
		"message":  report("panic.custom", `cart 17 of "bob": dial tcp 10.0.0.7:5432: connect: connection refused`, stack),
	}
}

func TestFingerprintAllocates(t *testing.T) {
	for name, want := range map[string]float64{"plain": 1, "closures": 1, "message": 2} {
		r := fingerprintReports()[name]
		if got := testing.AllocsPerRun(100, func() { Fingerprint(r) }); got > want {
			t.Errorf("%s: %v allocations", name, got)
		}
	}
}
