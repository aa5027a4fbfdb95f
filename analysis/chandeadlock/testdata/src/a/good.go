package a

import (
	"context"
	"sync"
)

// Somebody receives.
func receives() {
	ch := make(chan int)
	go func() { ch <- 1 }()
	<-ch
}

// A buffer.
func buffer() int {
	ch := make(chan int, 1)
	ch <- 1
	return <-ch
}

func bufferOf(n int) {
	ch := make(chan int, n)
	for i := range n {
		ch <- i
	}
	close(ch)
	for range ch {
		work()
	}
}

// A receive between.
func between() {
	ch := make(chan int, 1)
	ch <- 1
	<-ch
	ch <- 2
	<-ch
}

// Closed by another goroutine.
func closed() {
	done := make(chan struct{})
	go func() {
		defer close(done)
		work()
	}()
	<-done
}

// Others may use it.
func returned() chan int {
	ch := make(chan int)
	go func() { ch <- 1 }()
	return ch
}

func handed(f func(chan int)) {
	ch := make(chan int)
	f(ch)
	<-ch
}

// A select has another case.
func selects(ctx context.Context) {
	never := make(chan int)
	select {
	case <-never:
	case <-ctx.Done():
	}
}

func tries() {
	ch := make(chan int)
	select {
	case ch <- 1:
	default:
	}
}

// A nil channel switches a case off.
func off(in chan int, wanted bool) {
	var out chan int
	if wanted {
		out = make(chan int, 1)
	}
	select {
	case out <- 1:
	case <-in:
	}
}

func switchedOff(in chan int) {
	var never chan int
	select {
	case <-never:
	case <-in:
	}
}

// On purpose.
func forever() {
	<-make(chan struct{})
}

// Received by another goroutine while it waits.
func collects(items []int) (sum int) {
	var wg sync.WaitGroup
	out := make(chan int)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for v := range out {
			sum += v
		}
	}()
	for _, v := range items {
		wg.Add(1)
		go func() {
			defer wg.Done()
			out <- v
		}()
	}
	wg.Wait()
	close(out)
	<-done
	return sum
}

// Waited for in a goroutine of its own.
func waitsElsewhere(items []int) (sum int) {
	var wg sync.WaitGroup
	out := make(chan int)
	for _, v := range items {
		wg.Add(1)
		go func() {
			defer wg.Done()
			out <- v
		}()
	}
	go func() {
		wg.Wait()
		close(out)
	}()
	for v := range out {
		sum += v
	}
	return sum
}

// Done comes before the send.
func doneFirst() {
	var wg sync.WaitGroup
	out := make(chan int)
	wg.Add(1)
	go func() {
		wg.Done()
		out <- 1
	}()
	wg.Wait()
	<-out
}

// Assigned later.
func later(wanted bool) {
	var ch chan int
	set := func() { ch = make(chan int, 1) }
	set()
	ch <- 1
}
