// Prog compares goid.Self and Parent with what tracebacks say, on goroutines of
// many kinds, and ends with status 1 where they differ.
package main

import (
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/backstop-go/backstop/internal/goid"
)

var bad atomic.Int64

func check(where string) {
	self, slow := goid.Self(), goid.Slow()
	stack := string(debug.Stack())
	if self == 0 || self != slow || !strings.HasPrefix(stack, fmt.Sprintf("goroutine %d ", self)) {
		fmt.Printf("%s: Self %d, Slow %d, in:\n%s\n", where, self, slow, stack)
		bad.Add(1)
	}
	parent := goid.Parent()
	if !strings.Contains(stack, " in goroutine ") {
		stack += " in goroutine 0\n" // main, a timer's, or one that C called
	}
	if !strings.Contains(stack, fmt.Sprintf(" in goroutine %d\n", parent)) {
		fmt.Printf("%s: Parent %d, in:\n%s\n", where, parent, stack)
		bad.Add(1)
	}
}

// deep makes the stack grow, so that it moves.
func deep(n int) int {
	var pad [512]byte
	if n == 0 {
		check("deep")
		return int(pad[0])
	}
	return deep(n-1) + int(pad[n%len(pad)])
}

func main() {
	before := runtime.NumGoroutine()
	if err := goid.Calibrate(); err != nil {
		fmt.Println(err)
		os.Exit(3)
	}
	for i := 0; runtime.NumGoroutine() > before; i++ {
		if i > 1e6 {
			fmt.Println("goroutines are left behind")
			os.Exit(1)
		}
		runtime.Gosched()
	}
	check("main")
	var wg sync.WaitGroup
	for i := 0; i < 200; i++ {
		wg.Add(1)
		go func() {
			defer wg.Done()
			check("goroutine")
			deep(200)
			runtime.Gosched()
			check("after a switch")
			wg.Add(1)
			go func() {
				defer wg.Done()
				runtime.LockOSThread()
				check("locked to a thread")
			}()
		}()
	}
	wg.Add(1)
	time.AfterFunc(time.Millisecond, func() {
		defer wg.Done()
		check("timer")
	})
	wg.Wait()
	func() {
		defer func() {
			recover()
			check("recovered")
		}()
		var p *int
		*p = 1
	}()
	callback()
	if bad.Load() > 0 {
		os.Exit(1)
	}
	fmt.Println("ok", runtime.Version())
}
