package main

import (
	"runtime"
	"sync"
	"time"
)

// Commands that leave goroutines waiting in each way there is. They answer once
// all wait.
func init() {
	for name, f := range map[string]func([]string){
		// mutex N: N goroutines wait for one mutex that nobody unlocks.
		"mutex": func(args []string) {
			mu := new(sync.Mutex)
			mu.Lock()
			many(number(args, 0, 3), func() { mu.Lock() })
		},
		"rwmutex": func(args []string) {
			mu := new(sync.RWMutex)
			mu.Lock()
			many(number(args, 0, 3), func() { mu.RLock() })
		},
		"waitgroup": func(args []string) {
			wg := new(sync.WaitGroup)
			wg.Add(1)
			many(number(args, 0, 3), func() { wg.Wait() })
		},
		"cond": func(args []string) {
			c := sync.NewCond(new(sync.Mutex))
			many(number(args, 0, 3), func() { c.L.Lock(); c.Wait() })
		},
		// send N: N goroutines send to one channel from which nobody receives.
		"send": func(args []string) {
			c := make(chan int)
			many(number(args, 0, 3), func() { c <- 1 })
		},
		"receive": func(args []string) {
			c := make(chan int)
			many(number(args, 0, 3), func() { <-c })
		},
		"select": func(args []string) {
			a, b := make(chan int), make(chan int)
			many(number(args, 0, 3), func() {
				select {
				case <-a:
				case b <- 1:
				}
			})
		},
		"nil-channel": func([]string) { many(1, func() { var c chan int; <-c }) },
		"sleepers":    func(args []string) { many(number(args, 0, 3), func() { time.Sleep(time.Hour) }) },
		// deferred: a goroutine that waits in a deferred function while it panics.
		"deferred": func([]string) {
			many(1, func() {
				defer func() { select {} }()
				leaf(nil)
			})
		},
		// stack N: a goroutine that waits at that depth, with a frame of 1 kB each.
		"stack": func(args []string) {
			n := number(args, 0, 1000)
			many(1, func() { large(n) })
		},
		// unbegun: goroutines that do not get to begin, for this one never lets go
		// (with GOMAXPROCS=1 and GODEBUG=asyncpreemptoff=1). There is no answer.
		"unbegun": func([]string) {
			f := large
			if len(others) == 0 {
				f = func(int) byte { return 0 }
			}
			for i := 0; i < 3; i++ {
				go large(i)
				go (*account).forget(&account{Code: i}, i)
				go short(i)
				go f(i)
				go func() { select {} }()
			}
			for {
			}
		},
		// churn: goroutines that come and go, run on the runtime's stack and grow
		// theirs, without an end.
		"churn": func([]string) {
			for i := 0; i < 2; i++ {
				go func() {
					for {
						done := make(chan bool)
						go func() { quiet(100); runtime.Gosched(); close(done) }()
						<-done
						runtime.GC()
					}
				}()
			}
		},
	} {
		others[name] = f
	}
}

//go:noinline
func (a *account) forget(int) { a.Code = 0 }

func short(n int) { now.Count += n }

// many starts n goroutines and gives them the time to wait.
func many(n int, f func()) {
	for i := 0; i < n; i++ {
		go f()
	}
	time.Sleep(50 * time.Millisecond)
	now.Count = n
}

//go:noinline
func large(n int) byte {
	var frame [1024]byte
	frame[n%1024] = 1
	if n == 0 {
		select {}
	}
	return large(n-1) + frame[n%7]
}
