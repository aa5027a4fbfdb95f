package main

import (
	"runtime"
	"runtime/debug"
	"time"
)

func init() {
	register("setmaxthreads", setMaxThreads)
	register("newosproc-eagain", newOSProcEAGAIN)
}

// setMaxThreads needs more threads than debug.SetMaxThreads allows. The default is
// 10,000, and programs get there by blocking in system calls or in C.
func setMaxThreads() {
	debug.SetMaxThreads(10)
	takeThreads(30)
}

// newOSProcEAGAIN needs more threads than the pids cgroup allows: clone(2) fails
// with EAGAIN. In containers that is the limit one meets.
func newOSProcEAGAIN() { takeThreads(30) }

// takeThreads starts goroutines that each keep a thread for themselves.
func takeThreads(n int) {
	for i := 0; i < n; i++ {
		go func() {
			runtime.LockOSThread()
			time.Sleep(time.Second)
		}()
	}
	time.Sleep(time.Second)
}
