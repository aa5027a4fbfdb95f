// Command crowd panics on many threads at once, and says how often.
package main

import (
	"fmt"
	"runtime"
	"sync"
)

const (
	threads = 64
	panics  = 400
)

func main() {
	runtime.GOMAXPROCS(threads)
	var all sync.WaitGroup
	for i := 0; i < threads; i++ {
		all.Add(1)
		go func() {
			defer all.Done()
			for i := 0; i < panics; i++ {
				guarded(20)
			}
		}()
	}
	all.Wait()
	fmt.Println(threads * panics)
}

func guarded(depth int) {
	defer func() { _ = recover() }()
	deep(depth)
}

//go:noinline
func deep(n int) int {
	if n == 0 {
		panic("in a crowd")
	}
	return deep(n-1) + 1
}
