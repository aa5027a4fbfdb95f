package main

import (
	"fmt"
	"sort"
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
	plain, guarded, panicking := median(plainCall, 300_000), median(guardedCall, 300_000), median(panickingCall, 3_000)
	say("guarded_costs_more", fmt.Sprint(guarded > plain*1.2))
	say("panic_costs_more", fmt.Sprint(panicking > guarded*3))
	say("allocations_guarded", allocations(func() { guardedCall(1) }))
	say("allocations_of_panic", allocations(func() { panickingCall(1) }))
	done := make(chan uint64)
	go func() { done <- allocations(func() { panickingCall(1) }) }()
	say("allocations_of_panic_in_goroutine", <-done)
}

// median returns the nanoseconds of one call, the median of some rounds.
func median(f func(int) int, calls int) float64 {
	var rounds []float64
	sum := 0
	for r := 0; r < 15; r++ {
		start := time.Now()
		for i := 0; i < calls; i++ {
			sum += f(i)
		}
		rounds = append(rounds, float64(time.Since(start).Nanoseconds())/float64(calls))
	}
	sink = sum
	sort.Float64s(rounds)
	return rounds[len(rounds)/2]
}

var sink int
