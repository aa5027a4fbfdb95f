// Command stacks says of many stacks what they hold and what the runtime says
// of them.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"runtime"
	"runtime/debug"
	"sort"
	"strings"
	"sync"
	"time"

	"example.com/stacks/spot"
)

type call struct {
	Func string
	File string
	Line int
}

type said struct {
	Name  string
	Spot  spot.Spot
	Stack []byte
	Calls []call // from the caller of note on
}

var all []said

func main() {
	debug.SetGCPercent(-1)
	fmt.Printf("%d\n", reflect.ValueOf(main).Pointer())
	if len(os.Args) > 1 {
		hold(os.Args[1])
		return
	}
	for name, f := range cases {
		name := name
		stack = func() { note(name) }
		f()
	}
	if err := json.NewEncoder(os.Stdout).Encode(all); err != nil {
		panic(err)
	}
}

// stack is called where a stack is of interest.
var stack func()

//go:noinline
func note(name string) {
	pcs := make([]uintptr, 4096)
	pcs = pcs[:runtime.Callers(2, pcs)]
	s := said{Name: name}
	var b []byte
	s.Spot, b = spot.Take()
	s.Stack = append(s.Stack, b...)
	frames := runtime.CallersFrames(pcs)
	for {
		f, more := frames.Next()
		s.Calls = append(s.Calls, call{f.Function, f.File, f.Line})
		if !more {
			break
		}
	}
	all = append(all, s)
}

type thing struct{ n int }

func (t thing) value()          { stack() }
func (t *thing) pointer()       { stack() }
func (t *thing) fail() int      { return t.n }
func (t thing) Reflected(n int) { stack(); sink += n }

type valuer interface{ value() }

type embedding struct{ *thing }

type outerType struct {
	pad int
	embedding
}

var sink int

var cases = map[string]func(){
	"plain":        func() { stack() },
	"inlined":      func() { inlinedOuter() },
	"deep":         func() { recurse(300) },
	"deeper":       func() { recurse(1500) },
	"big-frames":   func() { bigFrame(4) },
	"odd-frames":   func() { frame24(frame24Depth) },
	"method-value": func() { f := thing{1}.value; callIt(f) },
	"interface":    func() { var v valuer = &thing{1}; v.value() },
	"embedded":     func() { var v valuer = &outerType{0, embedding{&thing{}}}; v.value() },
	"reflect":      func() { reflect.ValueOf(thing{}).MethodByName("Reflected").Call([]reflect.Value{reflect.ValueOf(1)}) },
	"make-func": func() {
		reflect.MakeFunc(reflect.TypeOf(func(int) {}), func([]reflect.Value) []reflect.Value { stack(); return nil }).Call([]reflect.Value{reflect.ValueOf(1)})
	},
	"generic": func() { generic([]int{1}, func(int) { stack() }); generic([]string{"a"}, func(string) { stack() }) },
	"closure": func() { f := func() { g := func() { stack() }; callIt(g) }; callIt(f) },
	"once":    func() { new(sync.Once).Do(func() { stack() }) },
	"sort":    func() { sort.Slice(make([]int, 2), func(i, j int) bool { stack(); return false }) },
	"defer":   func() { deferring() },
	"defer-in-loop": func() {
		func() {
			for i := 0; i < 3; i++ {
				defer func() { stack() }()
			}
		}()
	},
	"panic":         func() { recovered(func() { panic("text") }) },
	"panic-inlined": func() { recovered(func() { inlinedPanic(1) }) },
	"nil-deref":     func() { recovered(func() { leaf(nil) }) },
	"nil-method":    func() { recovered(func() { var t *thing; t.fail() }) },
	"nil-wrapper":   func() { recovered(func() { var v valuer = (*thing)(nil); v.value() }) },
	"nil-func":      func() { recovered(func() { var f func(); callIt(f) }) },
	"index":         func() { recovered(func() { sink = index([]int{1}, 3) }) },
	"divide":        func() { recovered(func() { sink = divide(1, 0) }) },
	"deep-panic":    func() { recovered(func() { deepPanic(200) }) },
	"second": func() {
		recovered(func() {
			defer func() { panic("second") }()
			panic("first")
		})
	},
	"again": func() {
		recovered(func() {
			defer func() { panic(recover()) }()
			panic("once")
		})
	},
	"within": func() {
		recovered(func() {
			defer recovered(func() { leaf(nil) })
			panic("outer")
		})
	},
	"after-recovery": func() {
		func() {
			defer func() { stack() }()
			func() {
				defer func() { _ = recover() }()
				panic("gone")
			}()
			stack()
		}()
	},
	"goroutine": func() { elsewhere(func() { recurse(3) }) },
	"method-goroutine": func() {
		var wg sync.WaitGroup
		wg.Add(1)
		go func(t *thing) { defer wg.Done(); t.pointer() }(&thing{})
		wg.Wait()
	},
	"goexit": func() {
		elsewhere(func() {
			defer func() { stack() }()
			runtime.Goexit()
		})
	},
	"goexit-panic": func() {
		elsewhere(func() {
			defer func() { _ = recover(); stack() }()
			defer func() { panic("while leaving") }()
			runtime.Goexit()
		})
	},
	"timer": func() {
		done := make(chan bool)
		time.AfterFunc(0, func() { defer close(done); stack() })
		<-done
	},
	"finalizer": func() {
		done := make(chan bool)
		func() { runtime.SetFinalizer(new([100]*int), func(*[100]*int) { defer close(done); stack() }) }()
		runtime.GC()
		<-done
	},
	"library": func() {
		recovered(func() { strings.Repeat("x", -1) })
		fmt.Fprint(io.Discard, shown{})
	},
	"error-method": func() { _ = errors.As(asked{}, new(interface{ Timeout() bool })) },
}

type shown struct{}

func (shown) String() string { stack(); return "" }

type asked struct{}

func (asked) Error() string { return "" }
func (asked) As(any) bool   { stack(); return false }

func inlinedOuter()      { inlinedMiddle() }
func inlinedMiddle()     { func() { stack() }() }
func inlinedPanic(n int) { inlinedPanicker(n) }
func inlinedPanicker(n int) {
	if n > 0 {
		panic("inlined")
	}
}

//go:noinline
func callIt(f func()) { f() }

//go:noinline
func recurse(n int) int {
	if n == 0 {
		stack()
		return 0
	}
	return recurse(n-1) + 1
}

//go:noinline
func bigFrame(n int) byte {
	var a [5000]byte
	if n == 0 {
		stack()
		return a[sink&1]
	}
	a[n] = bigFrame(n - 1)
	return a[n*2] + a[n]
}

const frame24Depth = 9

//go:noinline
func frame24(n int) (a, b, c int) {
	if n == 0 {
		stack()
		return 1, 2, 3
	}
	a, b, c = frame24(n - 1)
	return c, a, b
}

//go:noinline
func generic[T any](s []T, f func(T)) {
	for _, v := range s {
		f(v)
	}
}

//go:noinline
func deferring() {
	defer func() { stack() }()
	sink++
}

func recovered(f func()) {
	defer func() {
		stack()
		_ = recover()
		stack()
	}()
	f()
}

//go:noinline
func leaf(t *thing) int { return t.n }

//go:noinline
func index(s []int, i int) int { return s[i] }

//go:noinline
func divide(a, b int) int { return a / b }

//go:noinline
func deepPanic(n int) int {
	if n == 0 {
		panic("deep")
	}
	return deepPanic(n-1) + 1
}

func elsewhere(f func()) {
	done := make(chan bool)
	go func() {
		defer close(done)
		f()
	}()
	<-done
}

// hold keeps goroutines in a state until the process is killed.
func hold(state string) {
	g := make(chan uintptr, 1)
	switch state {
	case "parked":
		go func() { g <- spot.G(); recurseWait(5) }()
	case "preempted":
		runtime.GOMAXPROCS(1)
		go func() { g <- spot.G(); spin() }()
		fmt.Printf("%d\n", <-g)
		time.Sleep(20 * time.Millisecond)
		fmt.Println("ready")
		spot.Loop()
	case "stopping":
		// A collection waits for a goroutine that does not stop, on the stack of
		// the thread. Nothing else runs any more.
		go func() { g <- 0; spot.Loop() }()
		<-g
		said := make(chan bool)
		go func() { g <- spot.G(); <-said; collect() }()
		fmt.Printf("%d\n", <-g)
		fmt.Println("ready")
		close(said)
		sleep()
	default:
		panic(state)
	}
	fmt.Printf("%d\n", <-g)
	time.Sleep(50 * time.Millisecond)
	fmt.Println("ready")
	sleep()
}

func sleep() {
	for {
		time.Sleep(time.Minute)
	}
}

//go:noinline
func recurseWait(n int) int {
	if n == 0 {
		select {}
	}
	return recurseWait(n-1) + 1
}

//go:noinline
func spin() {
	for {
		sink++
	}
}

//go:noinline
func collect() { runtime.GC() }
