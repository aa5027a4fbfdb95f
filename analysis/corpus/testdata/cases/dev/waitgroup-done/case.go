// Package batch runs batches.
package batch

import (
	"context"
	"sync"
)

type result struct {
	id  int
	err error
}

// Process processes a batch; a cancelled context leaves without Done.
func Process(ctx context.Context, ids []int, do func(int) error) []result {
	var (
		wg  sync.WaitGroup
		mu  sync.Mutex
		out []result
	)
	for _, id := range ids {
		wg.Add(1)
		go func(id int) {
			select {
			case <-ctx.Done():
				return // FAULT waitgroup #cancelled hang
			default:
			}
			err := do(id)
			mu.Lock()
			out = append(out, result{id, err})
			mu.Unlock()
			wg.Done()
		}(id)
	}
	wg.Wait()
	return out
}

// Skip counts what it skips.
func Skip(ids []int, do func(int)) {
	var wg sync.WaitGroup
	for _, id := range ids {
		wg.Add(1)
		if id < 0 {
			continue // FAULT waitgroup #skip hang
		}
		go func() {
			defer wg.Done()
			do(id)
		}()
	}
	wg.Wait()
}

type tracker struct{ wg sync.WaitGroup }

// Begin and End are a pair for the caller.
func (t *tracker) Begin() {
	t.wg.Add(1) // FINE waitgroup #tracker: End is the other half
}

// End ends one.
func (t *tracker) End() {
	t.wg.Done() // FINE waitgroup #tracker: Begin is the other half
}

// Wait waits.
func (t *tracker) Wait() { t.wg.Wait() }

// SkipFixed counts what it starts.
func SkipFixed(ids []int, do func(int)) {
	var wg sync.WaitGroup
	for _, id := range ids {
		if id < 0 {
			continue // FINE waitgroup #skipfixed: not counted yet
		}
		wg.Add(1)
		go func() {
			defer wg.Done()
			do(id)
		}()
	}
	wg.Wait()
}

// Limited counts with a semaphore as well.
func Limited(ctx context.Context, ids []int, do func(int)) {
	sem := make(chan struct{}, 2)
	var wg sync.WaitGroup
	for _, id := range ids {
		select {
		case sem <- struct{}{}:
		case <-ctx.Done():
			wg.Wait()
			return // FINE waitgroup #limited: what was started is waited for
		}
		wg.Add(1)
		go func() {
			defer func() { <-sem; wg.Done() }() // FINE waitgroup #limited: deferred
			do(id)
		}()
	}
	wg.Wait()
}
