//go:build go1.25

package main

import (
	"sync"
	"time"
)

func init() {
	register("waitgroup-go", waitgroupGo)
	register("waitgroup-go-main-returns", waitgroupGoMainReturns)
}

// waitgroupGo shows that WaitGroup.Go does not recover: it is a go statement with
// Add and Done around it.
func waitgroupGo() {
	var all sync.WaitGroup
	all.Go(func() { panic("worker: no input") })
	all.Wait()
	time.Sleep(300 * time.Millisecond) // the process ends here
}

// waitgroupGoMainReturns does not wait any longer than Wait does. On Go 1.25 Done is
// deferred and runs although the function panics: Wait returns, and main goes on
// until the panic has ended the process. Since Go 1.26 Wait does not return.
func waitgroupGoMainReturns() {
	var all sync.WaitGroup
	all.Go(func() { panic("worker: no input") })
	all.Wait()
}
