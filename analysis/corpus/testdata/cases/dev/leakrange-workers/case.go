// Package workers work on what comes over a channel.
//
// Incident #sample,#samplefixed: onsi/gomega#579
// Incident #remote: raff/godet#38
// Incident #terminate: gardener/machine-controller-manager#341
package workers

import (
	"errors"
	"sync"
)

// Sample runs a function n times in some goroutines.
func Sample(n, parallel int, f func(int)) {
	work := make(chan int)
	var wg sync.WaitGroup
	wg.Add(n)
	for range parallel {
		go func() {
			for i := range work { // FAULT leak-range #sample leak
				f(i)
				wg.Done()
			}
		}()
	}
	for i := range n {
		work <- i
	}
	wg.Wait()
}

// Log writes lines in the background and leaves.
func Log(lines []string, write func(string)) error {
	c := make(chan string)
	go func() {
		for l := range c { // FAULT leak-range #remote leak
			write(l)
		}
	}()
	for _, l := range lines {
		if l == "" {
			return errors.New("workers: empty line")
		}
		c <- l
	}
	return nil
}

// Partly closes unless something fails.
func Partly(items []int, do func(int), check func(int) error) error {
	jobs := make(chan int, len(items))
	go func() {
		for j := range jobs { // FAULT leak-range #terminate leak
			do(j)
		}
	}()
	for _, it := range items {
		if err := check(it); err != nil {
			return err
		}
		jobs <- it
	}
	close(jobs)
	return nil
}

// SampleFixed closes.
func SampleFixed(n, parallel int, f func(int)) {
	work := make(chan int)
	var wg sync.WaitGroup
	for range parallel {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for i := range work { // FINE leak-range #samplefixed: closed below
				f(i)
			}
		}()
	}
	for i := range n {
		work <- i
	}
	close(work)
	wg.Wait()
}

// LogFixed closes on all ways.
func LogFixed(lines []string, write func(string)) error {
	c := make(chan string)
	defer close(c)
	go func() {
		for l := range c { // FINE leak-range #remotefixed: closed on all ways
			write(l)
		}
	}()
	for _, l := range lines {
		if l == "" {
			return errors.New("workers: empty line")
		}
		c <- l
	}
	return nil
}

// A Pool closes its channel in Stop.
type Pool struct {
	jobs chan func()
	wg   sync.WaitGroup
}

// Start starts the workers.
func (p *Pool) Start(n int) {
	p.jobs = make(chan func())
	for range n {
		p.wg.Add(1)
		go func() {
			defer p.wg.Done()
			for j := range p.jobs { // FINE leak-range #pool: Stop closes it
				j()
			}
		}()
	}
}

// Stop stops the workers.
func (p *Pool) Stop() {
	close(p.jobs)
	p.wg.Wait()
}

// Given ranges over the channel of the caller.
func Given(in <-chan int, f func(int)) (done chan struct{}) {
	done = make(chan struct{})
	go func() {
		defer close(done)
		for v := range in { // FINE leak-range #given: the caller closes
			f(v)
		}
	}()
	return done
}

// Break leaves the loop itself.
func Break(n int) int {
	c := make(chan int)
	out := make(chan int, 1)
	go func() {
		sum := 0
		for v := range c { // FINE leak-range #break: leaves at the end mark
			if v < 0 {
				break
			}
			sum += v
		}
		out <- sum
	}()
	for i := range n {
		c <- i
	}
	c <- -1
	return <-out
}

// Slice ranges over a slice in a goroutine.
func Slice(items []int, f func(int)) {
	var wg sync.WaitGroup
	wg.Go(func() {
		for _, it := range items { // FINE leak-range #slice: a slice
			f(it)
		}
	})
	wg.Wait()
}
