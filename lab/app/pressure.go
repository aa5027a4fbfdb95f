package main

import (
	"fmt"
	"runtime"
	"time"
)

func init() {
	register("gomemlimit-exceeded", gomemlimitExceeded)
	register("goroutine-leak", goroutineLeak)
	register("locked-thread-exit", lockedThreadExit)
}

// gomemlimitExceeded holds 64 MiB under a GOMEMLIMIT of 16. The limit is soft: the
// garbage collector works harder, up to half of the processor time, and then the
// program gets what it asks for.
func gomemlimitExceeded() {
	var pages [][]byte
	for len(pages) < 64 {
		pages = append(pages, make([]byte, 1<<20))
	}
	fmt.Println(len(pages), "MiB")
	runtime.KeepAlive(pages)
}

// goroutineLeak leaves a thousand goroutines behind that wait for a channel nobody
// else has. Nothing is reported, neither then nor at the end.
func goroutineLeak() {
	for i := 0; i < 1000; i++ {
		result := make(chan int)
		go func() { result <- 1 }()
	}
	time.Sleep(10 * time.Millisecond)
	fmt.Println(runtime.NumGoroutine(), "goroutines")
}

// lockedThreadExit ends a goroutine that has locked its thread and never unlocks
// it: the runtime ends the thread as well, and all else goes on.
func lockedThreadExit() {
	done := make(chan bool)
	go func() {
		defer close(done)
		runtime.LockOSThread()
	}()
	<-done
	time.Sleep(10 * time.Millisecond)
}
