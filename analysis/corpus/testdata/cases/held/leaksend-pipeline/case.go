// Package pipeline has stages that stop early.
//
// Incident #gc: ipfs/kubo#4593
// Incident #runner: google/cadvisor#2549
package pipeline

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"time"
)

// Collect stops at the first error.
func Collect(ids []int, load func(int) (string, error)) ([]string, error) {
	type res struct {
		s   string
		err error
	}
	c := make(chan res)
	for _, id := range ids {
		go func() {
			s, err := load(id)
			c <- res{s, err} // FAULT leak-send #collect leak
		}()
	}
	var out []string
	for range ids {
		r := <-c
		if r.err != nil {
			return nil, r.err
		}
		out = append(out, r.s)
	}
	return out, nil
}

// GC reports errors that nobody reads once the context is over.
func GC(ctx context.Context, keys []int, remove func(int) error) error {
	errs := make(chan error)
	go func() {
		for _, k := range keys {
			if err := remove(k); err != nil {
				errs <- fmt.Errorf("key %d: %w", k, err) // FAULT leak-send #gc leak
			}
		}
		close(errs)
	}()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case err, ok := <-errs:
			if !ok {
				return nil
			}
			if errors.Is(err, context.Canceled) {
				return err
			}
		}
	}
}

// Command runs a command for a while.
func Command(name string, limit time.Duration) error {
	cmd := exec.Command(name, "1")
	if err := cmd.Start(); err != nil {
		return err
	}
	done := make(chan error)
	go func() { done <- cmd.Wait() }() // FAULT leak-send #runner leak
	select {
	case err := <-done:
		return err
	case <-time.After(limit):
		cmd.Process.Kill()
		return errors.New("pipeline: timed out")
	}
}

// CollectFixed has room for all.
func CollectFixed(ids []int, load func(int) (string, error)) error {
	c := make(chan error, len(ids))
	for _, id := range ids {
		go func() {
			_, err := load(id)
			c <- err // FINE leak-send #collectfixed: room for all
		}()
	}
	for range ids {
		if err := <-c; err != nil {
			return err
		}
	}
	return nil
}

// CommandFixed waits after the kill.
func CommandFixed(name string, limit time.Duration) error {
	cmd := exec.Command(name, "1")
	if err := cmd.Start(); err != nil {
		return err
	}
	done := make(chan error)
	go func() { done <- cmd.Wait() }() // FINE leak-send #runnerfixed: received on both ways
	select {
	case err := <-done:
		return err
	case <-time.After(limit):
		cmd.Process.Kill()
		<-done
		return errors.New("pipeline: timed out")
	}
}

// Quit stops the stage before it leaves.
func Quit(n int, limit int) (sum int) {
	quit := make(chan struct{})
	defer close(quit)
	c := make(chan int)
	go func() {
		for i := range n {
			select {
			case c <- i: // FINE leak-send #quit: quit is closed when the reader leaves
			case <-quit:
				return
			}
		}
		close(c)
	}()
	for v := range c {
		if sum += v; sum > limit {
			return sum
		}
	}
	return sum
}

// Latest never blocks.
func Latest(updates <-chan int) <-chan int {
	c := make(chan int, 1)
	go func() {
		defer close(c)
		for u := range updates {
			select {
			case c <- u: // FINE leak-send #latest: never blocks
			default:
			}
		}
	}()
	return c
}
