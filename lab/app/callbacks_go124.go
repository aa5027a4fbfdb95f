//go:build go1.24

package main

import (
	"runtime"
	"time"
)

func init() { register("addcleanup", addCleanup) }

// addCleanup shows a panic in a cleanup, which the runtime calls in a goroutine of
// its own, as it does finalizers.
func addCleanup() {
	type mapping struct{ pages [64]byte }
	func() {
		m := new(mapping)
		runtime.AddCleanup(m, func(fd int) { panic("unmap: no such mapping") }, 7)
	}()
	for range 10 {
		runtime.GC()
		time.Sleep(30 * time.Millisecond)
	}
}
