package main

import (
	"fmt"
	"runtime"
	"strings"
	"sync/atomic"
	"time"
	"unsafe"
)

func init() {
	register("parked", parkedDefers)
	register("parked-stack", parkedStack)
	register("sleep-frames", sleepFrames)
}

// moment is enough for a goroutine to get where it waits.
const moment = 30 * time.Millisecond

// parkedDefers looks at deferred calls of a goroutine that waits.
func parkedDefers() {
	var ran atomic.Bool
	wait, done := make(chan bool), make(chan bool)
	go func() {
		defer close(done)
		func() {
			defer ran.Store(true)
			<-wait
		}()
	}()
	time.Sleep(moment)
	say("deferred_while_parked", ran.Load())
	close(wait)
	<-done
	say("deferred_after_return", ran.Load())

	// The operation that blocks panics at last, and unwinding runs what is deferred.
	var order []string
	full := make(chan int)
	ended(func() {
		go func() {
			time.Sleep(moment)
			close(full)
		}()
		caught(func() {
			defer func() { order = append(order, "before the send") }()
			full <- 1
			defer func() { order = append(order, "behind the send") }()
		})
	})
	say("deferred_when_blocked_send_panics", strings.Join(order, ", "))
}

// parkedStack lets a goroutine use much stack, then wait on little of it, while
// the garbage collector runs: is a variable where it was?
func parkedStack() {
	wait, ready := make(chan int), make(chan bool)
	moved := make(chan bool)
	go func() {
		deep(200)
		var local [8]int
		before := uintptr(unsafe.Pointer(&local))
		ready <- true
		local[0] = <-wait
		moved <- uintptr(unsafe.Pointer(&local)) != before
	}()
	<-ready
	time.Sleep(moment)
	for i := 0; i < 4; i++ {
		runtime.GC()
	}
	wait <- 1
	say("moved", <-moved)
}

// deep needs about 1 KiB of stack for each level.
//
//go:noinline
func deep(n int) int {
	var frame [128]int
	if n > 0 {
		frame[n%128] = deep(n - 1)
	}
	return frame[n%128] + n
}

// sleepFrames lists the functions a sleeping goroutine stands in, those of the
// runtime as well.
func sleepFrames() {
	go time.Sleep(time.Minute)
	time.Sleep(moment)
	records := make([]runtime.StackRecord, 16)
	n, ok := runtime.GoroutineProfile(records)
	if !ok {
		fail(fmt.Errorf("more than %d goroutines", len(records)))
	}
	for _, r := range records[:n] {
		var names []string
		frames := runtime.CallersFrames(r.Stack())
		for {
			f, more := frames.Next()
			names = append(names, f.Function)
			if !more {
				break
			}
		}
		if text := strings.Join(names, ", "); strings.Contains(text, "time.Sleep") {
			say("frames", text)
			return
		}
	}
	fail(fmt.Errorf("no goroutine sleeps"))
}
