// Program race is built with -race. The detector reports; the program goes on,
// and its exit status says at the end that something was found.
package main

import (
	"sync"

	"github.com/backstop-go/backstop/lab/harness"
)

func main() {
	harness.Main(map[string]func(){"race": sell})
}

// sell has two goroutines change a stock without a lock.
func sell() {
	stock := 10
	var clerks sync.WaitGroup
	for i := 0; i < 2; i++ {
		clerks.Add(1)
		go func() {
			defer clerks.Done()
			stock--
		}()
	}
	clerks.Wait()
}
