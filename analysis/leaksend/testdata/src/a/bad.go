package a

import (
	"context"
	"errors"
	"time"
)

type result struct {
	v   int
	err error
}

func timeout(ctx context.Context) (int, error) {
	ch := make(chan int)
	go func() {
		ch <- fetch() // want `this send on ch waits for ever when timeout returns without a receive`
	}()
	select {
	case v := <-ch:
		return v, nil
	case <-ctx.Done():
		return 0, ctx.Err()
	}
}

func after() int {
	ch := make(chan int)
	go func() { ch <- fetch() }() // want `this send on ch waits for ever when after returns`
	select {
	case v := <-ch:
		return v
	case <-time.After(time.Second):
	}
	return 0
}

func earlyError() (int, error) {
	ch := make(chan int)
	go func() {
		ch <- fetch() // want `this send on ch waits for ever when earlyError returns`
	}()
	if err := check(); err != nil {
		return 0, err
	}
	return <-ch, nil
}

func fetchTo(ch chan<- int) {
	ch <- fetch() // want `this send on ch waits for ever when named returns`
}

func named(ctx context.Context) int {
	ch := make(chan int)
	go fetchTo(ch)
	select {
	case v := <-ch:
		return v
	case <-ctx.Done():
		return 0
	}
}

func first(urls []string) int {
	ch := make(chan int)
	for range urls {
		go func() {
			ch <- fetch() // want `this send on ch waits for ever when first has received what it wants`
		}()
	}
	return <-ch
}

func firstError(urls []string) error {
	errs := make(chan error)
	for range urls {
		go func() { errs <- check() }() // want `this send on errs waits for ever when firstError stops to receive early`
	}
	for range urls {
		if err := <-errs; err != nil {
			return err
		}
	}
	return nil
}

func cancelled(ctx context.Context, urls []string) (sum int) {
	ch := make(chan result)
	for range urls {
		go func() {
			ch <- result{v: fetch()} // want `this send on ch waits for ever when cancelled`
		}()
	}
	for range urls {
		select {
		case r := <-ch:
			sum += r.v
		case <-ctx.Done():
			return sum
		}
	}
	return sum
}

func generator(want int) bool {
	ch := make(chan int)
	go func() {
		defer close(ch)
		for i := range 100 {
			ch <- i // want `this send on ch waits for ever when generator stops to receive early`
		}
	}()
	for v := range ch {
		if v == want {
			return true
		}
	}
	return false
}

func twoSends(ctx context.Context) int {
	ch := make(chan int, 1)
	go func() {
		ch <- fetch()
		ch <- fetch() // want `this send on ch waits for ever when twoSends`
	}()
	select {
	case v := <-ch:
		return v
	case <-ctx.Done():
		return 0
	}
}

func structError(urls []string) error {
	ch := make(chan result)
	for range urls {
		go func() {
			ch <- result{err: check()} // want `this send on ch waits for ever when structError stops to receive early`
		}()
	}
	for range urls {
		r := <-ch
		if r.err != nil {
			return r.err
		}
	}
	return nil
}

func generic[T any](ctx context.Context, f func() T) (v T, err error) {
	ch := make(chan T)
	go func() { ch <- f() }() // want `this send on ch waits for ever when generic returns`
	select {
	case v = <-ch:
		return v, nil
	case <-ctx.Done():
		return v, ctx.Err()
	}
}

func fetch() int   { return 1 }
func check() error { return errors.New("no") }
