package main

import (
	"net"
	"os"
	"os/signal"
	"runtime"
	"sync"
	"time"
)

func init() {
	register("busy-loop", busyLoop)
	register("partial-deadlock", partialDeadlock)
	register("deadlock-masked-by-listener", deadlockMaskedByListener)
	register("deadlock-masked-by-notify", deadlockMaskedByNotify)
	register("deadlock-masked-by-ticker", deadlockMaskedByTicker)
	register("goexit-main-others", goexitMainOthers)
}

// embrace locks two mutexes in two goroutines in two orders, and waits for both.
// Alone it is a deadlock that the runtime finds: "all goroutines are asleep".
func embrace() {
	var stock, prices sync.Mutex
	var all sync.WaitGroup
	all.Add(2)
	transfer := func(first, second *sync.Mutex) {
		defer all.Done()
		first.Lock()
		defer first.Unlock()
		time.Sleep(20 * time.Millisecond) // the other one has its first, too
		second.Lock()
		defer second.Unlock()
	}
	go transfer(&stock, &prices)
	go transfer(&prices, &stock)
	all.Wait()
}

// busyLoop never ends. Go preempts such a loop by a signal since Go 1.14, so that
// others go on and the garbage collector works; only this goroutine is lost.
func busyLoop() {
	for {
	}
}

// partialDeadlock has two goroutines that wait for each other while main goes on.
// The runtime looks for deadlocks of all goroutines, never of some.
func partialDeadlock() {
	go embrace()
	for {
		time.Sleep(10 * time.Millisecond) // main serves
	}
}

// deadlockMaskedByListener shows that a goroutine in Accept could go on at any
// time, for all that the runtime knows: nothing is ever reported.
func deadlockMaskedByListener() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	go listener.Accept()
	embrace()
}

// deadlockMaskedByNotify shows the same of signal.Notify.
func deadlockMaskedByNotify() {
	hangup := make(chan os.Signal, 1)
	signal.Notify(hangup, os.Interrupt)
	embrace()
}

// deadlockMaskedByTicker shows the same of a goroutine that wakes up now and then.
func deadlockMaskedByTicker() {
	go func() {
		for range time.NewTicker(10 * time.Millisecond).C {
		}
	}()
	embrace()
}

// goexitMainOthers ends the main goroutine without ending main: the process lives
// as long as the others do.
func goexitMainOthers() {
	go func() {
		for {
			time.Sleep(10 * time.Millisecond)
		}
	}()
	runtime.Goexit()
}
