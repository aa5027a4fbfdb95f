// Closures holds calls of function values that are kept in variables, captured,
// returned and sent.
package main

import "github.com/backstop-go/backstop/analysis/surface/internal/flow/testdata/internal/seen"

func one() int { seen.Call(); return 1 }
func two() int { seen.Call(); return 2 }

func never() int { seen.Call(); return 0 }

func adder(n int) func(int) int {
	return func(m int) int { seen.Call(); return n + m }
}

func counter() (func() int, func()) {
	n := 0
	return func() int { seen.Call(); n++; return n }, func() { seen.Call(); n = 0 }
}

func apply(f func() int) int { return f() }

func twice(f func() int) int { return apply(f) + apply(f) }

func compose(f, g func() int) func() int {
	return func() int {
		h := func() int { return f() }
		return h() + g()
	}
}

type table map[string]func() int

func recurse(n int) int {
	var walk func(int) int
	walk = func(n int) int {
		seen.Call()
		if n == 0 {
			return 0
		}
		return walk(n - 1)
	}
	return walk(n)
}

func main() {
	apply(one)
	twice(two)
	adder(1)(2)
	inc, reset := counter()
	inc()
	reset()
	compose(one, two)()
	t := table{"one": one}
	t["two"] = two
	for _, f := range t {
		f()
	}
	fs := []func() int{one}
	fs = append(fs, two)
	fs[1]()
	ch := make(chan func() int, 1)
	ch <- one
	f := <-ch
	f()
	select {
	case ch <- two:
	default:
	}
	select {
	case g := <-ch:
		g()
	}
	recurse(2)
	defer apply(one)
	defer func() { two() }()
	wait := make(chan bool)
	go func() {
		one()
		close(wait)
	}()
	<-wait
	for v := range func(yield func(int) bool) { seen.Call(); yield(1) } {
		if v == 1 {
			one()
		}
	}
	seen.Done()
}
