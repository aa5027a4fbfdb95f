package main

import (
	"runtime"
	"sync"
)

func init() {
	register("mutex-unlock", mutexUnlock)
	register("rwmutex-unlock", rwmutexUnlock)
	register("rwmutex-runlock", rwmutexRUnlock)
	register("fatal-while-panicking", fatalWhilePanicking)
	register("throw-in-goroutine-while-main-exits", throwInGoroutineWhileMainExits)
	register("go-nil-func", goNilFunc)
}

// mutexUnlock unlocks what nobody locked. It looks like a panic and is none.
func mutexUnlock() {
	var mu sync.Mutex
	mu.Unlock()
}

// rwmutexUnlock releases a write lock that was taken as a read lock.
func rwmutexUnlock() {
	var mu sync.RWMutex
	mu.RLock()
	mu.Unlock()
}

// rwmutexRUnlock releases a read lock that nobody holds.
func rwmutexRUnlock() {
	var mu sync.RWMutex
	mu.RUnlock()
}

// fatalWhilePanicking panics, and on the way out a deferred call unlocks a mutex
// twice. The fatal error ends the process before anybody may recover the panic,
// and is what the traceback speaks of.
func fatalWhilePanicking() {
	var mu sync.Mutex
	defer func() {
		mu.Unlock()
		mu.Unlock()
	}()
	mu.Lock()
	panic("order 4711 has no customer")
}

// throwInGoroutineWhileMainExits starts a goroutine that meets a fatal error when
// main is about to return. On one processor, Gosched lets the goroutine go first:
// the fatal error takes the process with it, and main never returns.
func throwInGoroutineWhileMainExits() {
	var mu sync.Mutex
	go mu.Unlock()
	runtime.Gosched()
}

// goNilFunc starts a goroutine with a function that is nil. The goroutine cannot
// even be made, so there is no stack on which a panic could be recovered; the
// same call without "go" is an ordinary panic.
func goNilFunc() {
	var onDone func()
	go onDone()
}
