package a

import "context"

// The buffer has room.
func buffered(ctx context.Context) int {
	ch := make(chan int, 1)
	go func() { ch <- fetch() }()
	select {
	case v := <-ch:
		return v
	case <-ctx.Done():
		return 0
	}
}

func bufferedAll(ctx context.Context, urls []string) int {
	ch := make(chan int, len(urls))
	for range urls {
		go func() { ch <- fetch() }()
	}
	select {
	case v := <-ch:
		return v
	case <-ctx.Done():
		return 0
	}
}

// Three goroutines, room for three.
func bufferedThree() int {
	ch := make(chan int, 3)
	for range 3 {
		go func() { ch <- fetch() }()
	}
	return <-ch
}

// The sender gives up as well.
func selects(ctx context.Context) int {
	ch := make(chan int)
	go func() {
		select {
		case ch <- fetch():
		case <-ctx.Done():
		}
	}()
	select {
	case v := <-ch:
		return v
	case <-ctx.Done():
		return 0
	}
}

func tries() int {
	ch := make(chan int)
	go func() {
		select {
		case ch <- fetch():
		default:
		}
	}()
	select {
	case v := <-ch:
		return v
	default:
		return 0
	}
}

// Received on every path.
func always() (int, error) {
	ch := make(chan int)
	go func() { ch <- fetch() }()
	err := check()
	v := <-ch
	if err != nil {
		return 0, err
	}
	return v, nil
}

func waits(ctx context.Context) error {
	done := make(chan error)
	go func() { done <- check() }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		<-done
		return ctx.Err()
	}
}

// As many receives as goroutines.
func all(urls []string) (sum int) {
	ch := make(chan int)
	for range urls {
		go func() { ch <- fetch() }()
	}
	for range urls {
		sum += <-ch
	}
	return sum
}

func counted(n int) (sum int) {
	ch := make(chan int)
	for range n {
		go func() { ch <- fetch() }()
	}
	for i := 0; i < n; i++ {
		sum += <-ch
	}
	return sum
}

// Ends with the last one: a counter says so.
func untilAll(urls []string) (sum int) {
	ch := make(chan int)
	for range urls {
		go func() { ch <- fetch() }()
	}
	got := 0
	for {
		sum += <-ch
		got++
		if got == len(urls) {
			return sum
		}
	}
}

// Until it is closed.
func drained() (sum int) {
	ch := make(chan int)
	go func() {
		defer close(ch)
		for i := range 10 {
			ch <- i
		}
	}()
	for v := range ch {
		sum += v
	}
	return sum
}

// Drained in the background.
func drains(ctx context.Context) int {
	ch := make(chan int)
	go func() { ch <- fetch() }()
	select {
	case v := <-ch:
		return v
	case <-ctx.Done():
		go func() { <-ch }()
		return 0
	}
}

// Others may receive.
func returned() <-chan int {
	ch := make(chan int)
	go func() { ch <- fetch() }()
	return ch
}

type keeper struct{ ch chan int }

func (k *keeper) stored() {
	ch := make(chan int)
	k.ch = ch
	go func() { ch <- fetch() }()
}

// It starts behind the early return.
func behind() (int, error) {
	ch := make(chan int)
	if err := check(); err != nil {
		return 0, err
	}
	go func() { ch <- fetch() }()
	return <-ch, nil
}

// One after the other.
func sequential(urls []string) (sum int) {
	for range urls {
		ch := make(chan int)
		go func() { ch <- fetch() }()
		sum += <-ch
	}
	return sum
}

// Two goroutines, and each sends once.
func copyTo(ch chan<- error) {
	if err := check(); err != nil {
		ch <- err
		return
	}
	ch <- nil
}

func both(ctx context.Context) error {
	errc := make(chan error, 2)
	go copyTo(errc)
	go copyTo(errc)
	select {
	case err := <-errc:
		return err
	case <-ctx.Done():
		return nil
	}
}

// The process ends behind a command of a command line.
func cmdStart(ctx context.Context) int {
	ch := make(chan int)
	go func() { ch <- fetch() }()
	select {
	case v := <-ch:
		return v
	case <-ctx.Done():
		return 0
	}
}
