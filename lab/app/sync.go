package main

import (
	"fmt"
	"io"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

func init() {
	register("atomic-value-type", atomicValueType)
	register("cond-copied", condCopied)
	register("sync-once-panic", syncOncePanic)
	register("sync-oncefunc", syncOnceFunc)
	register("waitgroup-negative", waitgroupNegative)
	register("waitgroup-reuse", waitgroupReuse)
}

// atomicValueType keeps the last error in an atomic.Value. It takes any type, but
// only one.
func atomicValueType() {
	var last atomic.Value
	last.Store(fmt.Errorf("read: %w", io.EOF))
	last.Store(os.ErrNotExist)
}

// condCopied passes a struct with a sync.Cond by value after its first use.
func condCopied() {
	type queue struct {
		sync.Mutex
		filled sync.Cond
		jobs   []string
	}
	q := new(queue)
	q.filled.L = q
	q.filled.Signal()
	add := func(q queue, job string) {
		q.jobs = append(q.jobs, job)
		q.filled.Signal()
	}
	add(*q, "resize")
}

// syncOncePanic shows that a Once whose function panicked is done: the second Do
// returns at once, and what should have been made is not there.
func syncOncePanic() {
	var once sync.Once
	var prices map[string]int
	load := func() {
		prices = readPrices()
	}
	func() {
		defer func() { fmt.Println("first call:", recover()) }()
		once.Do(load)
	}()
	once.Do(load)
	if prices == nil {
		panic("no prices, and no second attempt")
	}
}

func readPrices() map[string]int { panic("prices: file is empty") }

// syncOnceFunc shows that sync.OnceFunc, of Go 1.21, remembers the panic and
// repeats it for each caller.
func syncOnceFunc() {
	load := sync.OnceFunc(func() { readPrices() })
	for call := 1; call <= 2; call++ {
		func() {
			defer func() { fmt.Printf("call %d: %v\n", call, recover()) }()
			load()
		}()
	}
	load()
}

// waitgroupNegative calls Done twice on the path of an error.
func waitgroupNegative() {
	var all sync.WaitGroup
	all.Add(1)
	fail := func() {
		defer all.Done()
		all.Done()
	}
	fail()
}

// waitgroupReuse begins the next round of work while somebody still returns from
// the Wait of the last one.
func waitgroupReuse() {
	var round sync.WaitGroup
	round.Add(1)
	go func() {
		time.Sleep(20 * time.Millisecond) // main waits by now
		round.Done()
		round.Add(1)
	}()
	round.Wait()
}
