// Command deadlock starts the SDK, lets a guard work, and then waits for itself.
package main

import (
	"fmt"
	"os"
	"runtime"
	"sync"

	"github.com/backstop-go/backstop"
)

func main() {
	if err := backstop.Start(backstop.Options{}); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(99)
	}
	func() {
		defer backstop.Recover()
		panic("one for the sender")
	}()
	switch os.Args[1] {
	case "goexit":
		runtime.Goexit()
	case "mutex":
		var mu sync.Mutex
		mu.Lock()
		mu.Lock()
	case "channel":
		<-make(chan int)
	}
}
