package crash_test

import (
	"fmt"
	"io"
	"log"
	"strings"

	"github.com/backstop-go/backstop/crash"
)

const traceback = `2026/11/20 19:44:07 listening
panic: assignment to entry in nil map

goroutine 7 [running]:
example.com/shop/cart.(*Cart).Add(...)
	/src/shop/cart/cart.go:9
main.worker(0x0?, 0x0?)
	/src/shop/main.go:181 +0x66
created by main.main in goroutine 1
	/src/shop/main.go:175 +0x5f
exit status 2
`

func ExampleParse() {
	report, err := crash.Parse(strings.NewReader(traceback))
	if err != nil {
		log.Fatal(err)
	}
	info := crash.Explain(report.Class)
	fmt.Println(report.Class, "-", info.Title)
	fmt.Println("recoverable:", info.Recoverable)
	f := report.Origin()
	fmt.Printf("%s at %s:%d\n", f.Func, f.File, f.Line)
	// Output:
	// panic.nil_map - write to a nil map
	// recoverable: yes
	// example.com/shop/cart.(*Cart).Add at /src/shop/cart/cart.go:9
}

func ExampleReader_Next() {
	r := crash.NewReader(strings.NewReader(traceback + traceback))
	for {
		report, err := r.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(report.Class, report.CrashGoroutine().ID)
	}
	// Output:
	// panic.nil_map 7
	// panic.nil_map 7
}

// Large tracebacks: nothing is kept of a goroutine but what one asks for.
func ExampleReader_goroutine() {
	r := crash.NewReader(strings.NewReader(traceback))
	states := make(map[string]int)
	r.Goroutine = func(g *crash.Goroutine) { states[g.State]++ }
	report, err := r.Next()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(report.GoroutineCount, states)
	// Output:
	// 1 map[running:1]
}

// What killed it, as fast as can be: other goroutines are counted and not read.
func ExampleReader_crashOnly() {
	r := crash.NewReader(strings.NewReader(traceback))
	r.CrashOnly = true
	report, err := r.Parse()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(report.Message, report.TopFrames())
	// Output:
	// assignment to entry in nil map [example.com/shop/cart.(*Cart).Add main.worker]
}

func ExampleReport_Fold() {
	report, err := crash.Parse(strings.NewReader(`SIGQUIT: quit

goroutine 7 [chan receive, 3 minutes]:
main.worker()
	/src/shop/main.go:40 +0x25
created by main.main in goroutine 1
	/src/shop/main.go:12 +0x1f

goroutine 8 [chan receive, 9 minutes]:
main.worker()
	/src/shop/main.go:40 +0x25
created by main.main in goroutine 1
	/src/shop/main.go:12 +0x1f

goroutine 9 [select]:
main.wait()
	/src/shop/main.go:51 +0x31
`))
	if err != nil {
		log.Fatal(err)
	}
	for _, b := range report.Fold() {
		fmt.Println(b.Count, b.State, b.WaitMinutes, b.Frames[0].Func)
	}
	// Output:
	// 1 chan receive 9 main.worker
	// 1 select 0 main.wait
}

func ExampleSame() {
	a, errA := crash.Parse(strings.NewReader(traceback))
	b, errB := crash.Parse(strings.NewReader(strings.ReplaceAll(traceback, "main.go:181", "main.go:190")))
	if errA != nil || errB != nil {
		log.Fatal(errA, errB)
	}
	fmt.Println(crash.Same(a, b).Same, a.Fingerprints.Tolerant == b.Fingerprints.Tolerant)
	// Output:
	// true true
}
