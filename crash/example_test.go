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
