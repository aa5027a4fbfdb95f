// Package check runs checks with a timeout.
//
// Incident #check,#checkfixed: hellofresh/health-go#224
// Incident #proxy: kubevirt/kubevirt#6168
// Incident #wait: codeskyblue/go-sh#26
// Incident #world: eclipse-biscuit/biscuit-go#166
package check

import (
	"context"
	"errors"
	"io"
	"net/http"
	"time"
)

var errTimeout = errors.New("check: timeout")

// Check runs a check.
func Check(timeout time.Duration, check func() error) error {
	res := make(chan error)
	go func() {
		res <- check() // FAULT leak-send #check leak
	}()
	select {
	case err := <-res:
		return err
	case <-time.After(timeout):
		return errTimeout
	}
}

// Proxy copies both ways, and leaves when one ends.
func Proxy(a, b io.ReadWriter) error {
	errs := make(chan error)
	copyTo := func(dst io.Writer, src io.Reader) {
		_, err := io.Copy(dst, src)
		errs <- err // FAULT leak-send #proxy leak
	}
	go copyTo(a, b)
	go copyTo(b, a)
	return <-errs
}

func start(f func() error) chan error {
	c := make(chan error)
	go func() {
		c <- f() // FAULT leak-send #wait leak
	}()
	return c
}

// Wait waits a while.
func Wait(d time.Duration, f func() error) error {
	select {
	case err := <-start(f):
		return err
	case <-time.After(d):
		return errTimeout
	}
}

// Run runs rules until the time is over.
func Run(ctx context.Context, rules []func() error) error {
	done := make(chan error)
	go func() {
		for _, r := range rules {
			if err := r(); err != nil {
				done <- err // FAULT leak-send #world leak
				return
			}
		}
		done <- nil // FAULT leak-send #world2 leak
	}()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// First takes the first answer and forgets the others.
func First(urls []string, get func(string) string) string {
	c := make(chan string)
	for _, u := range urls {
		go func() { c <- get(u) }() // FAULT leak-send #first leak
	}
	return <-c
}

// CheckFixed has room for the answer.
func CheckFixed(timeout time.Duration, check func() error) error {
	res := make(chan error, 1)
	go func() {
		res <- check() // FINE leak-send #checkfixed: room for the only send
	}()
	select {
	case err := <-res:
		return err
	case <-time.After(timeout):
		return errTimeout
	}
}

// Given up gives up with the context.
func GivenUp(ctx context.Context, check func() error) error {
	res := make(chan error)
	go func() {
		select {
		case res <- check(): // FINE leak-send #givenup: gives up with the context
		case <-ctx.Done():
		}
	}()
	select {
	case err := <-res:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// All receives as often as it starts.
func All(urls []string, get func(string) string) (out []string) {
	c := make(chan string)
	for _, u := range urls {
		go func() { c <- get(u) }() // FINE leak-send #all: one receive for each
	}
	for range urls {
		out = append(out, <-c)
	}
	return out
}

// FirstFixed has room for all.
func FirstFixed(urls []string, get func(string) string) string {
	c := make(chan string, len(urls))
	for _, u := range urls {
		go func() { c <- get(u) }() // FINE leak-send #firstfixed: room for all
	}
	return <-c
}

// Blocking always receives.
func Blocking(check func() error) error {
	res := make(chan error)
	go func() { res <- check() }() // FINE leak-send #blocking: always received
	return <-res
}

// Drain drains after the timeout.
func Drain(timeout time.Duration, check func() error) error {
	res := make(chan error)
	go func() { res <- check() }() // FINE leak-send #drain: drained in the background
	select {
	case err := <-res:
		return err
	case <-time.After(timeout):
		go func() { <-res }()
		return errTimeout
	}
}

// Stream hands the channel to whoever reads it.
func Stream(w http.ResponseWriter, n int) <-chan int {
	c := make(chan int)
	go func() {
		defer close(c)
		for i := range n {
			c <- i // FINE leak-send #stream: the caller reads
		}
	}()
	return c
}
