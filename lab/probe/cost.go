package main

import (
	"fmt"
	"time"
)

func init() { register("guard-cost", guardCost) }

//go:noinline
func plainCall(n int) int { return n + 1 }

//go:noinline
func guardedCall(n int) (m int) {
	defer func() {
		if recover() != nil {
			m = 0
		}
	}()
	return n + 1
}

//go:noinline
func panickingCall(n int) (m int) {
	defer func() {
		if recover() != nil {
			m = n
		}
	}()
	panic("stop")
}

// guardCost compares the time of a call with and without a deferred recover
// while nothing panics, and of one that panics. Only categories are told: the
// machine is noisy.
func guardCost() {
	plain, guarded, panicking := fastest(plainCall, 20_000), fastest(guardedCall, 20_000), fastest(panickingCall, 500)
	say("guarded_costs_more", fmt.Sprint(guarded > plain*1.2))
	say("panic_costs_more", fmt.Sprint(panicking > guarded*5))
	say("allocations_guarded", allocations(func() { guardedCall(1) }))
	say("allocations_of_panic", allocations(func() { panickingCall(1) }))
	done := make(chan uint64)
	go func() { done <- allocations(func() { panickingCall(1) }) }()
	say("allocations_of_panic_in_goroutine", <-done)
}

// fastest returns the nanoseconds of one call in the fastest of many short
// rounds: the one that nobody disturbed.
func fastest(f func(int) int, calls int) float64 {
	best := 0.0
	sum := 0
	for r := 0; r < 200; r++ {
		start := time.Now()
		for i := 0; i < calls; i++ {
			sum += f(i)
		}
		each := float64(time.Since(start).Nanoseconds()) / float64(calls)
		if r == 0 || each < best {
			best = each
		}
	}
	sink = sum
	return best
}

var sink int
