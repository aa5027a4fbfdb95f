// Package results gathers results.
//
// Incident #acorn,#acornfixed: acorn-io/mink#32
package results

import (
	"context"
	"sync"
)

// Watch forwards; its channel is never closed, and its reader waits for ever.
func Watch(ctx context.Context, events []string, see func(string)) {
	result := make(chan string)
	go func() {
		for r := range result { // FAULT leak-range #acorn leak
			see(r)
		}
	}()
	for _, e := range events {
		select {
		case result <- e:
		case <-ctx.Done():
			return
		}
	}
}

// Sum sums in the background and never hears of the end.
func Sum(parts [][]int) int {
	nums := make(chan int)
	total := make(chan int, 1)
	go func() {
		t := 0
		for n := range nums { // FAULT leak-range #sum leak
			t += n
		}
		total <- t
	}()
	var wg sync.WaitGroup
	for _, p := range parts {
		wg.Go(func() {
			for _, n := range p {
				nums <- n
			}
		})
	}
	wg.Wait()
	select {
	case t := <-total:
		return t
	default:
		return 0
	}
}

// WatchFixed closes.
func WatchFixed(ctx context.Context, events []string, see func(string)) {
	result := make(chan string)
	defer close(result)
	go func() {
		for r := range result { // FINE leak-range #acornfixed: closed at the end
			see(r)
		}
	}()
	for _, e := range events {
		select {
		case result <- e:
		case <-ctx.Done():
			return
		}
	}
}

// SumFixed closes when all have sent.
func SumFixed(parts [][]int) (total int) {
	nums := make(chan int)
	var wg sync.WaitGroup
	for _, p := range parts {
		wg.Go(func() {
			for _, n := range p {
				nums <- n
			}
		})
	}
	go func() {
		wg.Wait()
		close(nums)
	}()
	for n := range nums { // FINE leak-range #sumfixed: closed when all have sent
		total += n
	}
	return total
}

// Hand hands its channel to a function that closes it.
func Hand(n int, see func(int)) {
	c := make(chan int)
	var wg sync.WaitGroup
	wg.Go(func() {
		for v := range c { // FINE leak-range #hand: fill closes it
			see(v)
		}
	})
	fill(c, n)
	wg.Wait()
}

func fill(c chan<- int, n int) {
	defer close(c)
	for i := range n {
		c <- i
	}
}
