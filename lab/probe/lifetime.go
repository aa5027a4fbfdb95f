package main

import (
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"sync/atomic"
	"time"
)

func init() {
	register("nested-defers", nestedDefers)
	register("nested-defers-500", func() { nest(500) })
	register("nested-defers-100000", func() { nest(100000) })
	register("keep-alive", keepAlive)
}

// nestedDefers runs the experiment in processes of their own, since an overflow
// would end ours.
func nestedDefers() {
	for _, depth := range []string{"500", "100000"} {
		exe, err := os.Executable()
		if err != nil {
			fail(err)
		}
		cmd := exec.Command(exe, "nested-defers-"+depth)
		_ = cmd.Run() // its status is what we ask for
		say("status_of_"+depth, cmd.ProcessState.ExitCode())
	}
}

// nest has each deferred call defer the next one, which runs on top of it.
func nest(depth int) {
	debug.SetMaxStack(256 << 20) // in place of a gigabyte
	var down func(n int)
	down = func(n int) {
		if n > 0 {
			defer func() { down(n - 1) }()
		}
	}
	down(depth)
}

// keepAlive asks when an object is collected whose variable is in scope, with and
// without runtime.KeepAlive.
func keepAlive() {
	say("without_it", withoutKeepAlive())
	before, after := withKeepAlive()
	say("before_the_call", before)
	say("after_the_call", after)
}

type buffer struct {
	text [64]byte
	next *buffer // so that it is no tiny object, which share a block
}

func tracked() (*buffer, *atomic.Bool) {
	b, gone := new(buffer), new(atomic.Bool)
	runtime.SetFinalizer(b, func(*buffer) { gone.Store(true) })
	return b, gone
}

//go:noinline
func withoutKeepAlive() string {
	b, gone := tracked()
	b.text[0] = 1
	return collected(gone)
}

//go:noinline
func withKeepAlive() (before, after string) {
	b, gone := tracked()
	before = collected(gone)
	runtime.KeepAlive(b)
	return before, collected(gone)
}

// collected gives the collector ample time.
func collected(gone *atomic.Bool) string {
	for i := 0; i < 50; i++ {
		runtime.GC()
		if gone.Load() {
			return "collected"
		}
		time.Sleep(2 * time.Millisecond)
	}
	return "alive"
}
