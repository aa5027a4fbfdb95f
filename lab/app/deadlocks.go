package main

import (
	"runtime"
	"sync"
)

func init() {
	register("deadlock-nil-chan", deadlockNilChan)
	register("deadlock-select", deadlockSelect)
	register("deadlock-mutex", deadlockMutex)
	register("deadlock-waitgroup", deadlockWaitGroup)
	register("deadlock-all-goroutines", deadlockAllGoroutines)
	register("goexit-main", goexitMain)
}

// deadlockNilChan receives from a channel that was never made.
func deadlockNilChan() {
	var jobs chan int
	<-jobs
}

// deadlockSelect waits for nothing at all. With another goroutine that can run, or
// a timer, it would wait for ever.
func deadlockSelect() { select {} }

// deadlockMutex locks a mutex that this goroutine holds already: a Go mutex does
// not know who holds it.
func deadlockMutex() {
	var mu sync.Mutex
	mu.Lock()
	defer mu.Unlock()
	mu.Lock() // as in a method that calls another method which locks, too
}

// deadlockWaitGroup waits for a worker that forgot to say Done.
func deadlockWaitGroup() {
	var workers sync.WaitGroup
	workers.Add(1)
	go func() {
		// workers.Done() is missing.
	}()
	workers.Wait()
}

// deadlockAllGoroutines lets two goroutines take two locks in opposite order. As
// every goroutine of the process is stuck, the runtime notices. In a server,
// whose listener waits for the network, it would not.
func deadlockAllGoroutines() {
	var accounts, audit sync.Mutex
	accountsLocked, auditLocked := make(chan bool), make(chan bool)
	go func() {
		audit.Lock()
		close(auditLocked)
		<-accountsLocked
		accounts.Lock()
	}()
	accounts.Lock()
	close(accountsLocked)
	<-auditLocked
	audit.Lock()
}

// goexitMain ends the main goroutine by Goexit. That ends a goroutine, not the
// process; the process lives for as long as another goroutine does, and here
// there is none.
func goexitMain() { runtime.Goexit() }
