package main

import (
	"runtime"
	"sync/atomic"
	"time"
	_ "unsafe" // for go:linkname
)

func init() {
	register("procpin-gosched", procpinGosched)
	register("procpin-block", procpinBlock)
	register("procpin-gosched-main-returns", procpinGoschedMainReturns)
	register("gc-while-pinned", gcWhilePinned)
}

// procPin is the runtime's own: until procUnpin the goroutine must not be moved to
// another processor, and so must not let go of this one. Libraries reach for the
// two to have counters for each processor.
//
//go:linkname procPin runtime.procPin
func procPin() int

// procpinGosched yields while it is pinned.
func procpinGosched() {
	procPin()
	runtime.Gosched()
}

// procpinBlock waits for a channel while it is pinned.
func procpinBlock() {
	answers := make(chan int)
	go func() { answers <- 42 }()
	procPin()
	<-answers
}

// procpinGoschedMainReturns does so in a goroutine while main, on another
// processor, is about to return. The wait is long enough for the fatal error to
// come first; without it the process mostly ends with status 0, after one line of
// the traceback or none.
func procpinGoschedMainReturns() {
	var pinned atomic.Bool
	go func() {
		procPin()
		pinned.Store(true)
		runtime.Gosched()
	}()
	for !pinned.Load() {
	}
	time.Sleep(20 * time.Millisecond)
}

// gcWhilePinned asks for a collection while it is pinned, which lets go of the
// processor in the end.
func gcWhilePinned() {
	procPin()
	runtime.GC()
}
