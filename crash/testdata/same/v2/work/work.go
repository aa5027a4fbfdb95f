// Package work does several things at once.
package work

import (
	"sync"
	"time"
)

// Run dies of something that no recover catches.
func Run(bug string) {
	switch bug {
	case "unlock":
		release()
	case "unlock-flush":
		flush()
	case "wait-send":
		crowd(send)
	case "wait-lock":
		crowd(lock)
	case "receive":
		receive()
	case "maps-bump":
		hammer(bump)
	case "maps-tally":
		hammer(tally)
	case "maps-two-a":
		hammer(func() { two(true) })
	case "maps-two-b":
		hammer(func() { two(false) })
	case "read-first":
		race(reads, writes)
	case "write-first":
		race(writes, reads)
	}
}

var mu sync.Mutex

// Idle does nothing for a while.
func Idle() { time.Sleep(time.Millisecond) }

//go:noinline
func release() { mu.Unlock() }

//go:noinline
func flush() { mu.Unlock() }

// crowd waits for workers that wait.
//
//go:noinline
func crowd(work func()) {
	var wg sync.WaitGroup
	Idle()
	for i := 0; i < 3; i++ {
		wg.Add(1)
		go func() {
			defer wg.Done()
			work()
		}()
	}
	wg.Wait()
}

var queue = make(chan int)

//go:noinline
func send() { queue <- 1 }

//go:noinline
func lock() { mu.Lock(); mu.Lock() }

//go:noinline
func receive() { <-queue }

var hits, sales = map[int]int{}, map[int]int{}

//go:noinline
func bump() { hits[3]++ }

//go:noinline
func tally() { sales[3]++ }

//go:noinline
func two(a bool) {
	if a {
		hits[7]++
	} else {
		sales[7]++
	}
}

// hammer calls f from several goroutines until the runtime objects.
//
//go:noinline
func hammer(f func()) {
	for i := 0; i < 4; i++ {
		go func() {
			for {
				f()
			}
		}()
	}
	time.Sleep(20 * time.Second)
}

var count int

//go:noinline
func reads() int { return count }

//go:noinline
func writes() int {
	count++
	return 0
}

// race lets two goroutines use one variable, in this order.
func race(first, second func() int) {
	go func() { first() }()
	time.Sleep(100 * time.Millisecond)
	go func() { second() }()
	time.Sleep(100 * time.Millisecond)
}
