package main

import (
	"flag"
	"runtime"
	"sync"
	"time"
)

// A deathResult is printed just before the panic.
type deathResult struct {
	Go   string        `json:"go"`
	N    int           `json:"n"`
	At   int64         `json:"at_us"`  // microseconds since 1970
	CPU  time.Duration `json:"cpu_ns"` // of the process so far
	Live int           `json:"live"`   // goroutines, this one too
}

// deathCase panics while n goroutines wait, each three frames deep. What the
// runtime prints, and how long it takes, depends on n and on GOTRACEBACK.
func deathCase(args []string) {
	f := flag.NewFlagSet("death", flag.ExitOnError)
	n := f.Int("n", 10, "goroutines that wait")
	_ = f.Parse(args)
	var alive sync.WaitGroup
	alive.Add(*n)
	for i := 0; i < *n; i++ {
		go serve(&alive)
	}
	alive.Wait()
	for i := 0; i < 20; i++ { // let those that have said so come to rest
		runtime.Gosched()
	}
	print(deathResult{runtime.Version(), *n, time.Now().UnixMicro(), cpu(), runtime.NumGoroutine()})
	panic("nobody recovers this")
}

var requests = make(chan int)

func serve(alive *sync.WaitGroup) {
	alive.Done()
	for handle() {
	}
}

//go:noinline
func handle() bool { return next() > 0 }

//go:noinline
func next() int { return <-requests }
