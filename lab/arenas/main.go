//go:build goexperiment.arenas

// Program arenas is built with GOEXPERIMENT=arenas: memory that the program frees
// by hand.
package main

import (
	"arena"
	"runtime"
	"runtime/debug"

	"github.com/backstop-go/backstop/lab/harness"
)

func main() {
	harness.Main(map[string]func(){
		"arena-uaf":            useAfterFree,
		"arena-uaf-panicfault": panicOnFault,
	})
}

// useAfterFree writes to an arena that was freed. Its one chunk was not full, so
// the next arena gets it, and the write is seen there.
func useAfterFree() {
	a := arena.NewArena()
	orders := arena.MakeSlice[int](a, 1000, 1000)
	a.Free()
	orders[17]++
}

// panicOnFault writes to a chunk that was full: that memory was made inaccessible.
// A fault in Go code is a panic here, because the program asked for it.
func panicOnFault() {
	debug.SetPanicOnFault(true)
	a := arena.NewArena()
	first := arena.MakeSlice[byte](a, 1<<20, 1<<20)
	for i := 0; i < 16; i++ {
		arena.MakeSlice[byte](a, 1<<20, 1<<20)
	}
	runtime.GC() // while the collector works, Free leaves the memory accessible
	a.Free()
	first[17]++
}
