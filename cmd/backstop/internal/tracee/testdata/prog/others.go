package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/pprof"
	"sync"
	"syscall"
	"time"
	"unsafe"
)

type shout string

func (s shout) String() string { return "shout " + string(s) }

// others are deaths, and what is measured. Those that end the process answer
// nothing.
var others = map[string]func([]string){
	"die-string":   func([]string) { panic("a text") },
	"die-error":    func([]string) { panic(errors.New("an error")) },
	"die-custom":   func([]string) { panic(&account{Code: 9, Msg: "crash"}) },
	"die-stringer": func([]string) { panic(shout("loud")) },
	"die-struct":   func([]string) { panic(point{1, 2}) },
	"die-level":    func([]string) { panic(level(4)) },
	"die-nil":      func([]string) { leaf(nil) },
	"die-index":    func([]string) { index([]int{1}, 5) },
	"die-nested":   func([]string) { defer func() { panic("second") }(); panic("first") },
	"die-repanic":  func([]string) { defer func() { panic(recover()) }(); panic("once") },
	"die-deep":     func([]string) { deep(300) },
	"die-goroutine": func([]string) {
		go func() { panic("in a goroutine") }()
		select {}
	},
	"die-too-deep": func([]string) { defer func() { helper() }(); panic("not stopped by helper") },
	"map-write": func([]string) {
		m := make(map[int]int)
		for i := 0; i < 4; i++ {
			go func() {
				for {
					m[1]++
				}
			}()
		}
		select {}
	},
	"unlock":   func([]string) { new(sync.Mutex).Unlock() },
	"overflow": func([]string) { debug.SetMaxStack(1 << 20); overflow(1) },
	"deadlock": func([]string) { <-make(chan int) },
	"fault":    func([]string) { *(*int)(unsafe.Pointer(uintptr(0xdead000))) = 1 },
	"exit":     func(args []string) { leave(number(args, 0, 3)) },
	"abort":    func([]string) { syscall.Kill(os.Getpid(), syscall.SIGABRT); time.Sleep(time.Minute) },
	"terminate": func([]string) {
		syscall.Kill(os.Getpid(), syscall.SIGTERM)
		time.Sleep(time.Minute)
	},
	"eat": func([]string) {
		var all [][]byte
		for {
			b := make([]byte, 1<<20)
			for i := range b {
				b[i] = 1
			}
			all = append(all, b)
		}
	},
	"goexit": func([]string) {
		done := make(chan bool)
		go func() { defer close(done); goexit() }()
		<-done
	},

	// storm N DEPTH: N panics at that depth, each recovered.
	"storm": func(args []string) {
		n, depth := number(args, 0, 1000), number(args, 1, 1)
		start := cpu()
		for i := 0; i < n; i++ {
			quiet(depth)
		}
		now.CPU, now.Count = cpu()-start, n
	},
	// defers N: N calls of a function with a guard that has nothing to do.
	"defers": func(args []string) {
		n := number(args, 0, 1000)
		start := cpu()
		for i := 0; i < n; i++ {
			nothing()
		}
		now.CPU, now.Count = cpu()-start, n
	},
	// grow N: N panics in new goroutines whose stacks must grow on the way.
	"grow": func(args []string) {
		n := number(args, 0, 1000)
		var wg sync.WaitGroup
		for i := 0; i < n; i++ {
			wg.Add(1)
			go func(i int) { defer wg.Done(); quiet(i % 64) }(i)
			if i%8 == 7 {
				wg.Wait()
			}
		}
		wg.Wait()
		now.Count = n
	},
	// vain N: N recovers that do nothing, within panics that are recovered.
	"vain": func(args []string) {
		n := number(args, 0, 100)
		for i := 0; i < n; i++ {
			vain()
		}
		now.Count = n
	},

	// park N DEPTH: N goroutines that wait for ever at that depth.
	"park": func(args []string) {
		n, depth := number(args, 0, 100), number(args, 1, 2)
		var ready sync.WaitGroup
		for i := 0; i < n; i++ {
			ready.Add(1)
			go park(&ready, depth)
		}
		ready.Wait()
		time.Sleep(10 * time.Millisecond)
		now.Count = n
	},
	// labelled N: a goroutine that waits for ever with N labels, key0=value0 and so on.
	"labelled": func(args []string) {
		ctx, ready := context.Background(), make(chan bool)
		for i := 0; i < number(args, 0, 3); i++ {
			ctx = pprof.WithLabels(ctx, pprof.Labels(fmt.Sprintf("key%d", i), fmt.Sprintf("value%d", i)))
		}
		go pprof.Do(ctx, pprof.Labels(), func(context.Context) { close(ready); select {} })
		<-ready
	},
	// lock: a goroutine that waits for ever and has a thread for itself.
	"lock": func([]string) {
		ready := make(chan bool)
		go func() { runtime.LockOSThread(); close(ready); select {} }()
		<-ready
	},
	"spin":  func([]string) { go spin() },
	"sleep": func(args []string) { time.Sleep(time.Duration(number(args, 0, 100)) * time.Millisecond) },
	"hang":  func([]string) { spin() },
	"syscall": func([]string) {
		var p [2]int
		if err := syscall.Pipe(p[:]); err == nil {
			go syscall.Read(p[0], make([]byte, 1))
		}
		time.Sleep(50 * time.Millisecond)
	},
	"traceback": func([]string) {
		b := make([]byte, 64<<20)
		now.Text = string(b[:runtime.Stack(b, true)])
	},
	"gc": func([]string) { runtime.GC() },
}

//go:noinline
func leave(status int) { os.Exit(status) }

//go:noinline
func goexit() { runtime.Goexit() }

//go:noinline
func overflow(n int) int { return overflow(n+1) + overflow(n+2) }

//go:noinline
func quiet(depth int) {
	defer func() { _ = recover() }()
	deep(depth)
}

//go:noinline
func nothing() { defer func() { _ = recover() }() }

//go:noinline
func vain() {
	defer func() { _ = recover() }()
	defer func() { helper() }()
	panic("vain")
}

//go:noinline
func park(ready *sync.WaitGroup, depth int) {
	if depth > 0 {
		park(ready, depth-1)
		return
	}
	ready.Done()
	select {}
}

var sink int

//go:noinline
func spin() {
	for {
		sink++
	}
}

func cpu() int64 {
	var ru syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &ru); err != nil {
		return 0
	}
	return ru.Utime.Nano() + ru.Stime.Nano()
}
