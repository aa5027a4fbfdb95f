package main

import (
	"os"
	"runtime"
	"sync"
	"time"
)

func init() {
	register("nested-panic-in-defer", nestedPanicInDefer)
	register("repanic-same", repanicSame)
	register("repanic-other", repanicOther)
	register("goexit-during-panic", goexitDuringPanic)
	register("goexit-during-panic-goroutine", goexitDuringPanicGoroutine)
	register("wrapped-exit-in-defer", wrappedExitInDefer)
	register("defer-blocks-forever", deferBlocksForever)
}

// nestedPanicInDefer panics in the cleanup of a panic. Both are printed, and a
// guard sees the second alone.
func nestedPanicInDefer() {
	defer func() { panic("rollback: connection is gone") }()
	panic("insert: duplicate key")
}

// repanicSame looks at a panic and passes it on. The stack is still that of the
// first one, because the deferred call stands on it.
func repanicSame() {
	defer func() {
		if value := recover(); value != nil {
			panic(value)
		}
	}()
	panic("insert: duplicate key")
}

// repanicOther replaces the value of a panic.
func repanicOther() {
	defer func() {
		if value := recover(); value != nil {
			panic("transaction 7 was aborted")
		}
	}()
	panic("insert: duplicate key")
}

// goexitDuringPanic ends the goroutine in a deferred call, as t.FailNow does. The
// panic is forgotten: had this been another goroutine than main, nothing would be
// printed and the process would go on.
func goexitDuringPanic() {
	defer runtime.Goexit()
	panic("price feed lost")
}

// goexitDuringPanicGoroutine does so in a worker, which has a bug and a test helper
// for its cleanup. Nobody will ever know.
func goexitDuringPanicGoroutine() {
	var worker sync.WaitGroup
	worker.Add(1)
	go func() {
		defer worker.Done()
		defer runtime.Goexit()
		panic("price feed lost")
	}()
	worker.Wait()
}

// wrappedExitInDefer exits in a deferred call. The panic is never printed, and
// the status is that of success.
func wrappedExitInDefer() {
	defer os.Exit(0)
	panic("price feed lost")
}

// deferBlocksForever has its deferred calls in the wrong order: Wait runs first,
// and waits for a worker that only the close after it would stop. The panic is
// not printed before all deferred calls have returned, so it never is.
func deferBlocksForever() {
	stop := make(chan struct{})
	var worker sync.WaitGroup
	worker.Add(1)
	go func() {
		defer worker.Done()
		tick := time.NewTicker(50 * time.Millisecond) // keeps the deadlock detector away
		defer tick.Stop()
		for {
			select {
			case <-stop:
				return
			case <-tick.C:
			}
		}
	}()
	defer close(stop)
	defer worker.Wait()
	panic("price feed lost")
}
