// Package stats counts what sells.
package stats

import (
	"fmt"
	"sync"
)

// A Sale is one line of the sales history.
type Sale struct {
	SKU      string
	Quantity int
}

// Totals counts sales by product, with one goroutine for each shard of the
// history.
func Totals(history [][]Sale) map[string]int {
	totals := make(map[string]int)
	var wg sync.WaitGroup
	for _, shard := range history {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for _, sale := range shard {
				totals[sale.SKU] += sale.Quantity // every shard writes to one map
			}
		}()
	}
	wg.Wait()
	return totals
}

// History makes up a sales history of so many shards and lines in each.
func History(shards, lines int) [][]Sale {
	history := make([][]Sale, shards)
	for i := range history {
		history[i] = make([]Sale, lines)
		for j := range history[i] {
			history[i][j] = Sale{SKU: fmt.Sprintf("CF-%03d", 100+j%200), Quantity: 1 + j%3}
		}
	}
	return history
}
