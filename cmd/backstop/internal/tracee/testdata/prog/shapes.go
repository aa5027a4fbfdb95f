package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"reflect"
	"runtime/pprof"
	"sort"
	"strings"
)

type point struct{ X, Y int }

type account struct {
	Code int
	Msg  string
	Err  error
}

func (a *account) Error() string { return fmt.Sprintf("account %d: %s", a.Code, a.Msg) }

type level int

type shop interface{ sell(n int) int }

type stall struct{ goods []int }

func (s *stall) sell(n int) int { return s.goods[n] }

// shapes are panics that are recovered. Each notes every panic that it sees.
var shapes = map[string]func(){
	"nil-deref":      func() { guarded(func() { leaf(nil) }) },
	"nil-method":     func() { guarded(func() { var s *stall; s.sell(1) }) },
	"nil-func":       func() { guarded(func() { var f func(); f() }) },
	"string":         func() { guarded(func() { panic("a text") }) },
	"inlined":        func() { guarded(func() { outer(3) }) },
	"error":          func() { guarded(func() { panic(errors.New("an error")) }) },
	"custom":         func() { guarded(func() { panic(&account{Code: 7, Msg: "custom msg"}) }) },
	"custom-nested":  func() { guarded(func() { panic(&account{8, "outer", &account{Code: 9, Msg: "inner"}}) }) },
	"wrapped":        func() { guarded(func() { panic(fmt.Errorf("wrapped: %w", errors.New("inner"))) }) },
	"path-error":     func() { guarded(func() { panic(&fs.PathError{Op: "open", Path: "/no/such", Err: fs.ErrNotExist}) }) },
	"level":          func() { guarded(func() { panic(level(3)) }) },
	"float":          func() { guarded(func() { panic(2.5) }) },
	"struct":         func() { guarded(func() { panic(point{1, 2}) }) },
	"nil":            func() { guarded(func() { panic(nil) }) },
	"long":           func() { guarded(func() { panic(strings.Repeat("long ", 1000)) }) },
	"index":          func() { guarded(func() { index([]int{1, 2, 3}, 5) }) },
	"slice":          func() { guarded(func() { slice([]int{1, 2, 3}, 2, 1) }) },
	"divide":         func() { guarded(func() { divide(1, 0) }) },
	"assert":         func() { guarded(func() { assert("text") }) },
	"assert-missing": func() { guarded(func() { assertShop(1) }) },
	"nil-map":        func() { guarded(func() { fill(nil) }) },
	"closed":         func() { guarded(func() { c := make(chan int); close(c); close(c) }) },
	"send-closed":    func() { guarded(func() { c := make(chan int, 1); close(c); c <- 1 }) },
	"interface":      func() { guarded(func() { var s shop = &stall{}; s.sell(2) }) },
	"method-value":   func() { guarded(func() { f := (&stall{}).sell; call(f) }) },
	"generic":        func() { guarded(func() { pick([]string{"a"}, 4) }) },
	"reflect": func() {
		guarded(func() { reflect.ValueOf(&stall{}).MethodByName("Panic").Call(nil) })
	},
	"sort": func() {
		guarded(func() { sort.Slice(make([]int, 3), func(i, j int) bool { panic("in sort") }) })
	},
	"deep":      func() { guarded(func() { deep(300) }) },
	"very-deep": func() { guarded(func() { deep(900) }) },
	"big-frame": func() { guarded(func() { bigFrame(5) }) },
	"goroutine": func() {
		done := make(chan bool)
		go func() { defer close(done); guarded(func() { panic("elsewhere") }) }()
		<-done
	},
	"labels": func() {
		pprof.Do(context.Background(), pprof.Labels("trace_id", "4bf92f3577b34da6a3ce929d0e0e4736", "route", "/cart"), func(context.Context) {
			guarded(func() { panic("labelled") })
		})
	},

	// Two panics, the second of which replaces the first: one recovery ends both.
	"nested": func() {
		guarded(func() {
			defer func() { panic("second") }()
			panic("first")
		})
	},
	// A panic within a deferred function, recovered there: one and one.
	"inner-recovered": func() {
		guarded(func() {
			defer guarded(func() { panic("inner") })
			panic("outer")
		})
	},
	"repanic": func() {
		guarded(func() {
			defer func() {
				r := recover()
				note(r)
				panic(fmt.Sprint("again: ", r))
			}()
			panic("once")
		})
	},
	// The guard calls recover in a function of its own: in vain.
	"too-deep": func() {
		guarded(func() {
			defer func() { helper() }()
			panic("not stopped by helper")
		})
	},
	"recover-and-go-on": func() {
		for i := 0; i < 3; i++ {
			guarded(func() { panic(i) })
		}
	},
	"goexit-with-panic": func() {
		done := make(chan bool)
		go func() {
			defer close(done)
			defer func() { note(recover()) }()
			defer func() { panic("during Goexit") }()
			goexit()
		}()
		<-done
	},
}

// Panic is called by reflection.
func (s *stall) Panic() { panic("by reflection") }

func guarded(f func()) {
	defer func() {
		if r := recover(); r != nil || now.Command == "nil" {
			note(r)
		}
	}()
	f()
}

//go:noinline
func helper() { _ = recover() }

//go:noinline
func leaf(p *point) int { return p.Y }

func outer(n int) int { return inner(n) + 1 }

func inner(n int) int {
	if n > 2 {
		panic("inlined twice")
	}
	return n
}

//go:noinline
func index(s []int, i int) int { return s[i] }

//go:noinline
func slice(s []int, i, j int) []int { return s[i:j] }

//go:noinline
func divide(a, b int) int { return a / b }

//go:noinline
func assert(v any) int { return v.(int) }

//go:noinline
func assertShop(v any) int { return v.(shop).sell(1) }

//go:noinline
func fill(m map[string]int) { m["a"] = 1 }

//go:noinline
func call(f func(int) int) int { return f(3) }

//go:noinline
func pick[T any](s []T, i int) T { return s[i] }

//go:noinline
func deep(n int) int {
	if n == 0 {
		panic("deep")
	}
	return deep(n-1) + 1
}

//go:noinline
func bigFrame(n int) byte {
	var a [3000]byte
	if n == 0 {
		panic("big frames")
	}
	a[n] = bigFrame(n - 1)
	return a[n] + a[n*2]
}
