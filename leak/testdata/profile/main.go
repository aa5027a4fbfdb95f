// Command profile prints the goroutines that can never go on.
package main

import (
	"bytes"
	"fmt"
	"os"
	"runtime"

	"github.com/backstop-go/backstop/leak"
)

//go:noinline
func leaked(c chan int) { <-c }

//go:noinline
func alive(c chan int) { <-c }

func main() {
	c := make(chan int)
	go leaked(make(chan int))
	go alive(c)
	// Both have got as far as they will.
	for buf := make([]byte, 1<<16); bytes.Count(buf[:runtime.Stack(buf, true)], []byte("[chan receive")) < 2; {
		runtime.Gosched()
	}
	if err := leak.Profile(os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	c <- 1
}
