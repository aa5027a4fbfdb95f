package main

import (
	"math/bits"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"unsafe"
)

func init() {
	register("start-stack", startStack)
	register("stack-growth", stackGrowth)
	register("runtime-stack", runtimeStack)
	register("recursion", recursion)
	register("recurse", recurse)
}

// startStack measures with how much stack a goroutine starts: in a program that
// has done nothing yet, and after a collection while many goroutines use more.
func startStack() {
	say("fresh_bytes", stackOfNew(4096))
	release := make(chan bool)
	var deep sync.WaitGroup
	for i := 0; i < 1000; i++ {
		deep.Add(1)
		go func() {
			useStack(8<<10, func() { deep.Done(); <-release })
		}()
	}
	deep.Wait()
	runtime.GC()
	runtime.GC()
	say("after_gc_bytes", stackOfNew(4096))
	close(release)
}

// stackOfNew starts goroutines that do nothing and returns the stack that one of
// them takes. Stacks have sizes that are powers of two.
func stackOfNew(n uint64) uint64 {
	before := stackInUse()
	release := make(chan bool)
	var started sync.WaitGroup
	for i := uint64(0); i < n; i++ {
		started.Add(1)
		go func() {
			started.Done()
			<-release
		}()
	}
	started.Wait()
	each := (stackInUse() - before) / n
	close(release)
	return 1 << (bits.Len64(each+each/2) - 1)
}

func stackInUse() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.StackInuse
}

// useStack calls f some bytes down the stack.
//
//go:noinline
func useStack(bytes int, f func()) {
	var room [256]byte
	if bytes > 0 {
		useStack(bytes-len(room), f)
	} else {
		f()
	}
	runtime.KeepAlive(room)
}

// stackGrowth sees what becomes of a local variable while the stack grows: where
// it is, what it holds, and whether a pointer to it still leads there.
func stackGrowth() {
	done := make(chan bool)
	go func() {
		defer close(done)
		local := 4711
		pointer := &local
		before := uintptr(unsafe.Pointer(&local))
		useStack(1<<20, func() {})
		after := uintptr(unsafe.Pointer(&local))
		say("local_moved", before != after)
		say("value_kept", *pointer == 4711)
		say("pointer_followed", uintptr(unsafe.Pointer(pointer)) == after)
	}()
	<-done
}

// runtimeStack counts the goroutines that runtime.Stack shows.
func runtimeStack() {
	release := make(chan bool)
	for i := 0; i < 5; i++ {
		go func() { <-release }()
	}
	runtime.Gosched()
	count := func(all bool) int {
		text := make([]byte, 1<<16)
		return strings.Count("\n"+string(text[:runtime.Stack(text, all)]), "\ngoroutine ")
	}
	say("false", count(false))
	say("true", count(true))
	say("running", runtime.NumGoroutine())
	close(release)
}

// deepRecursion does nothing but call itself.
//
//go:noinline
func deepRecursion(n int) int {
	if n == 0 {
		return 0
	}
	return deepRecursion(n-1) + 1
}

// wideRecursion has 640 bytes of local variables: a million levels need less than
// 10^9 bytes, and more than 2^29.
//
//go:noinline
func wideRecursion(n int) int {
	var buffer [640]byte
	if n == 0 {
		return 0
	}
	buffer[n%len(buffer)] = 1
	return wideRecursion(n-1) + int(buffer[(n+1)%len(buffer)])
}

// recursion measures how deep a function can call itself under the default limit.
func recursion() {
	say("stack_for_1000000_levels", stackFor(func() { deepRecursion(1_000_000) }))
	for _, levels := range []string{"1000000", "1600000"} {
		say("plain_"+levels, child("recurse", "LEVELS="+levels))
	}
	for _, levels := range []string{"500000", "1000000"} {
		say("frames_of_640_bytes_"+levels, child("recurse", "WIDE=1", "LEVELS="+levels))
	}
}

// stackFor returns the size of the stack on which f ran in a goroutine.
func stackFor(f func()) uint64 {
	before := stackInUse()
	used := make(chan uint64)
	go func() {
		f()
		used <- stackInUse() - before
	}()
	n := <-used
	return 1 << (bits.Len64(n+n/2) - 1)
}

// recurse is the child of recursion.
func recurse() {
	levels, err := strconv.Atoi(os.Getenv("LEVELS"))
	if err != nil {
		say("error", err)
		return
	}
	if os.Getenv("WIDE") != "" {
		wideRecursion(levels)
	} else {
		deepRecursion(levels)
	}
}
