// Package quorum asks replicas and takes what is enough.
//
// Incident #erigon,#erigonfixed: erigontech/erigon#16782
// Incident #geo: codingsince1985/geo-golang#1
package quorum

import (
	"context"
	"errors"
	"net/http"
	"time"
)

type reply[T any] struct {
	v   T
	err error
}

// Ask asks one replica.
func Ask[T any](ctx context.Context, call func() (T, error)) (v T, err error) {
	c := make(chan reply[T])
	go func() {
		v, err := call()
		c <- reply[T]{v, err} // FAULT leak-send #erigon leak
	}()
	select {
	case r := <-c:
		return r.v, r.err
	case <-ctx.Done():
		return v, ctx.Err()
	}
}

type geocoder struct{ lookup func(string) string }

func (g *geocoder) locate(addr string, out chan<- string) {
	out <- g.lookup(addr) // FAULT leak-send #geo leak
}

// Locate looks up an address for a while.
func (g *geocoder) Locate(addr string) (string, error) {
	c := make(chan string)
	go g.locate(addr, c)
	select {
	case s := <-c:
		return s, nil
	case <-time.After(time.Millisecond):
		return "", errors.New("quorum: late")
	}
}

// Majority needs some of all.
func Majority(n int, vote func(int) bool) bool {
	votes := make(chan bool)
	for i := range n {
		go func() {
			votes <- vote(i) // FAULT leak-send #majority leak
		}()
	}
	yes := 0
	for range n {
		if <-votes {
			if yes++; yes > n/2 {
				return true
			}
		}
	}
	return false
}

// AskFixed has room.
func AskFixed[T any](ctx context.Context, call func() (T, error)) (v T, err error) {
	c := make(chan reply[T], 1)
	go func() {
		v, err := call()
		c <- reply[T]{v, err} // FINE leak-send #erigonfixed: room for the only send
	}()
	select {
	case r := <-c:
		return r.v, r.err
	case <-ctx.Done():
		return v, ctx.Err()
	}
}

// MajorityAll hears all.
func MajorityAll(n int, vote func(int) bool) bool {
	votes := make(chan bool)
	for i := range n {
		go func() { votes <- vote(i) }() // FINE leak-send #majorityall: all are heard
	}
	yes := 0
	for range n {
		if <-votes {
			yes++
		}
	}
	return yes > n/2
}

// Serve hears the end of the server or of the context, with room.
func Serve(ctx context.Context, s *http.Server) error {
	errs := make(chan error, 1)
	go func() { errs <- s.ListenAndServe() }() // FINE leak-send #serve: room for the only send
	select {
	case err := <-errs:
		return err
	case <-ctx.Done():
		return s.Close()
	}
}

// Semaphore sends to hold a place, and receives to give it back.
func Semaphore(n int, f func(int)) {
	sem := make(chan struct{}, 2)
	done := make(chan struct{})
	for i := range n {
		go func() {
			sem <- struct{}{}                            // FINE leak-send #semaphore: each gives its place back
			defer func() { <-sem; done <- struct{}{} }() // FINE leak-send #semaphore: one receive for each
			f(i)
		}()
	}
	for range n {
		<-done
	}
}

// New makes a geocoder.
func New(lookup func(string) string) *geocoder { return &geocoder{lookup: lookup} }
