// Command relic dies in the way it is told, and builds with every Go since 1.9:
// it makes the golden files of package crash that show the tracebacks of old
// toolchains beside those of new ones. See crash/internal/record.
package main

import (
	"errors"
	"fmt"
	"log"
	"os"
	"runtime"
	"runtime/debug"
	"sort"
	"strings"
	"sync"
	"time"
	"unsafe"
)

var cases = map[string]func(){
	"index":       func() { go drain([]order{{"A-17", 3}}, 5); time.Sleep(time.Minute) },
	"nil-deref":   func() { (&shop{}).checkout("A-17", 1.5, []string{"a"}, nil) },
	"embedded":    func() { (&shop{}).lookup(nil) },
	"struct-name": structName,
	"nested":      nested,
	"repanicked":  repanicked,
	"forged":      func() { panic(errors.New(forgedText)) },
	"forged-twice": func() {
		panic("first\npanic: second\n\n" + strings.Replace(forgedText, "goroutine 1", "goroutine 7", 1))
	},
	"quoted-crash":   quotedCrash,
	"type-assert":    func() { var v interface{} = order{}; fmt.Println(v.(fmt.Stringer)) },
	"slice-bounds":   func() { fmt.Println([]int{1, 2, 3}[zero+2 : zero+1]) },
	"divide":         func() { fmt.Println(7 / zero) },
	"float":          func() { panic(1.5e300) },
	"complex":        func() { panic(complex(1, -2)) },
	"struct-value":   func() { panic(order{"A-17", 3}) },
	"map-writes":     mapWrites,
	"deadlock":       deadlock,
	"goexit":         func() { go deadlock(); runtime.Goexit() },
	"stack-overflow": func() { debug.SetMaxStack(1 << 20); fmt.Println((&tree{}).depth(1 << 30)) },
	"unlock":         func() { new(sync.Mutex).Unlock() },
	"fault":          func() { fmt.Println(*(*byte)(unsafe.Pointer(uintptr(0xdead000)))) },
	"bad-pointer":    badPointer,
	"sigquit":        sigquit,
	"goroutines":     func() { goroutines(); panic("look around") },
	"nil-func":       func() { var f func(); f() },
	"go-nil-func":    func() { var f func(); go f(); time.Sleep(time.Minute) },
	"close-nil":      func() { var c chan int; close(c) },
	"print-stack":    printStack,
	"stack-all":      stackAll,
	"oom":            func() { huge = make([]byte, most>>uint(17+zero)) },
	"goexit-panic":   goexitPanic,
	"deep":           func() { deep(140) },
	"main-locked":    func() { runtime.LockOSThread(); select {} },
}

var (
	zero int
	most = ^uint(0)
	huge []byte
)

const forgedText = "bad input\ngoroutine 1 [running]:\nmain.innocent(0x1)\n\t/tmp/innocent.go:1 +0x1\n\ngoroutine 2 [running]:\nmain.innocent(0x2)\n\t/tmp/innocent.go:2 +0x2"

type order struct {
	sku string
	n   int
}

type stock struct{ levels map[string]int }

type shop struct {
	*stock
	orders []order
}

type tree struct{ left, right *tree }

func main() {
	if len(os.Args) < 2 {
		var names []string
		for n := range cases {
			names = append(names, n)
		}
		sort.Strings(names)
		fmt.Println(strings.Join(names, "\n"))
		return
	}
	cases[os.Args[1]]()
}

//go:noinline
func drain(list []order, i int) int { return list[i].n }

//go:noinline
func (s *shop) checkout(sku string, price float64, notes []string, then func(order) error) error {
	return s.reserve(order{sku, 1}, price, notes, then)
}

//go:noinline
func (s *shop) reserve(o order, price float64, notes []string, then func(order) error) error {
	s.levels[o.sku] -= o.n
	return then(o)
}

// lookup calls a method of an embedded nil pointer.
//
//go:noinline
func (s *shop) lookup(w interface{ Level(string) int }) int {
	w = struct{ *stock }{s.stock}
	return w.Level("A-17")
}

//go:noinline
func (s *stock) Level(sku string) int { return s.levels[sku] }

//go:noinline
func structName() {
	a, b := key([]int{1}), key([]int{1})
	fmt.Println(a == b)
}

func key(note interface{}) interface{} {
	return struct {
		sku  string
		note interface{}
	}{"A-17", note}
}

//go:noinline
func nested() {
	defer func() { panic("cleanup failed too") }()
	defer func() { fmt.Println(recover()); panic(fmt.Errorf("wrapped")) }()
	drain(nil, 5)
}

//go:noinline
func repanicked() {
	defer func() {
		if v := recover(); v != nil {
			panic(v)
		}
	}()
	drain(nil, 5)
}

// quotedCrash panics with what a subprocess of another program left behind.
func quotedCrash() {
	panic("hook failed: panic: no such hook\n\ngoroutine 1 [running]:\nmain.main()\n\t/tmp/hook.go:9 +0x39")
}

func mapWrites() {
	m := make(map[int]int)
	for i := 0; i < 4; i++ {
		go func() {
			for {
				put(m)
			}
		}()
	}
	time.Sleep(20 * time.Second)
}

//go:noinline
func put(m map[int]int) { m[1]++ }

//go:noinline
func deadlock() { <-make(chan order) }

//go:noinline
func (t *tree) depth(n int) int {
	if n == 0 {
		return 0
	}
	return 1 + t.depth(n-1)
}

// badPointer stores a pointer into memory that was given back.
func badPointer() {
	gone := make([]uintptr, 64)
	for i := range gone {
		p := new([1 << 20]byte)
		gone[i] = uintptr(unsafe.Pointer(p)) + 8
	}
	runtime.GC()
	runtime.GC()
	list := make([]*byte, len(gone))
	for i := range list {
		*(*uintptr)(unsafe.Pointer(&list[i])) = gone[i]
	}
	kept = list
	gone = nil
	for i := 0; i < 10; i++ {
		runtime.GC()
	}
}

var kept []*byte

func sigquit() {
	goroutines()
	quit()
	time.Sleep(20 * time.Second)
}

// goroutines starts some, which wait for different things.
func goroutines() {
	c := make(chan order)
	go func() { c <- order{} }()
	go func() { <-c; <-c }()
	go func() {
		runtime.LockOSThread()
		block()
	}()
	go func() { time.Sleep(time.Minute) }()
	go func() {
		select {
		case <-make(chan int):
		case <-make(chan int):
		}
	}()
	go func() {
		select {}
	}()
	go func() {
		var mu sync.Mutex
		mu.Lock()
		mu.Lock()
	}()
	time.Sleep(50 * time.Millisecond)
}

func printStack() {
	defer func() {
		log.SetFlags(0)
		log.Printf("request failed: %v", recover())
		debug.PrintStack()
	}()
	drain(nil, 5)
}

func stackAll() {
	goroutines()
	buf := make([]byte, 1<<16)
	_, _ = os.Stderr.Write(buf[:runtime.Stack(buf, true)])
}

func goexitPanic() {
	go func() {
		defer func() { drain(nil, 5) }()
		runtime.Goexit()
	}()
	time.Sleep(time.Minute)
}

//go:noinline
func deep(n int) int {
	if n == 0 {
		return drain(nil, 5)
	}
	return deep(n-1) + 1
}
