package main

import (
	"sync"
	"time"
)

func init() {
	register("panic-in-goroutine", panicInGoroutine)
	register("panic-in-goroutine-own-recover", panicInGoroutineOwnRecover)
	register("two-goroutines-panic", twoGoroutinesPanic)
	register("main-returns-first", mainReturnsFirst)
	register("panic-1000-goroutines", panic1000Goroutines)
	register("leak-blocked-send-then-close", leakBlockedSendThenClose)
}

// panicInGoroutine panics in a goroutine whose creator waits under a guard. A
// panic ends with the stack it happened on: the creator's guard is never asked.
func panicInGoroutine() {
	var refresh sync.WaitGroup
	refresh.Add(1)
	go func() {
		defer refresh.Done()
		panic("price feed lost")
	}()
	refresh.Wait()
	time.Sleep(time.Second) // Done ran before the panic was printed
}

// panicInGoroutineOwnRecover has the guard where it belongs, in the goroutine.
func panicInGoroutineOwnRecover() {
	recovered := make(chan any)
	go func() {
		defer func() { recovered <- recover() }()
		panic("price feed lost")
	}()
	<-recovered
}

// twoGoroutinesPanic lets two goroutines panic at once. One prints its report and
// ends the process; the other may get its own in before that.
func twoGoroutinesPanic() {
	start := make(chan struct{})
	for _, shard := range []string{"shard 1", "shard 2"} {
		shard := shard
		go func() {
			<-start
			panic(shard + " lost its leader")
		}()
	}
	time.Sleep(10 * time.Millisecond) // both are at the start
	close(start)
	time.Sleep(time.Second)
}

// mainReturnsFirst returns while a goroutine that has panicked still runs its
// deferred call. main waits for such calls, but not for long: the process ends
// with status 0, and the panic was never printed.
func mainReturnsFirst() {
	unwinding := make(chan struct{})
	go func() {
		defer func() {
			close(unwinding)
			time.Sleep(2 * time.Second) // flushes what is left of the log
		}()
		panic("price feed lost")
	}()
	<-unwinding
}

// panic1000Goroutines panics beside a thousand idle goroutines. GOTRACEBACK=all
// prints each of them.
func panic1000Goroutines() {
	var ready sync.WaitGroup
	work := make(chan int)
	for i := 0; i < 1000; i++ {
		ready.Add(1)
		go func() {
			ready.Done()
			<-work
		}()
	}
	ready.Wait()
	panic("price feed lost")
}

// leakBlockedSendThenClose asks two replicas, takes the first answer and closes
// the channel. The second is still waiting to send: a leak that went unnoticed
// becomes a crash in a goroutine without a guard.
func leakBlockedSendThenClose() {
	answers := make(chan string)
	for _, replica := range []string{"east", "west"} {
		replica := replica
		go func() { answers <- replica }()
	}
	<-answers
	time.Sleep(50 * time.Millisecond) // the other one is waiting by then
	close(answers)
	time.Sleep(time.Second)
}
