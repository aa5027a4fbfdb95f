package main

import (
	"runtime"
	"sync/atomic"
	"time"
)

func init() { register("recover-in-mark", recoverInMark) }

// recoverInMark panics and recovers while the garbage collector marks, which it
// knows from the runtime's own variable, and counts what was not recovered.
func recoverInMark() {
	phase := variable("runtime.gcphase") // 1 is marking
	heap := chain(1 << 20)
	var stop atomic.Bool
	var collections atomic.Int32
	stopped := make(chan bool)
	go func() {
		defer close(stopped)
		for !stop.Load() {
			runtime.GC()
			collections.Add(1)
		}
	}()
	marking, failed := 0, 0
	enough := func() bool { return marking >= 10000 && collections.Load() >= 5 }
	for end := time.Now().Add(15 * time.Second); !enough() && time.Now().Before(end); {
		during := false
		value := caught(func() {
			defer func() { during = atomic.LoadUint32(phase) == 1 }()
			panic("stop")
		})
		if !during {
			continue
		}
		marking++
		if value != "stop" {
			failed++
		}
	}
	say("10000_panics_in_5_collections", enough())
	say("not_recovered", failed)
	stop.Store(true)
	<-stopped
	runtime.KeepAlive(heap)
}

type link struct{ next *link }

// chain is a list, which keeps the collector busy.
func chain(n int) *link {
	var first *link
	for i := 0; i < n; i++ {
		first = &link{first}
	}
	return first
}
