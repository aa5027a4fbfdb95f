//go:build provoke

package batch

import (
	"context"
)

// Provoke has what makes each labelled line happen.
func Provoke() map[string]func() {
	return map[string]func(){
		"cancelled": func() { ctx, c := context.WithCancel(context.Background()); c(); Process(ctx, []int{1}, nil) },
		"skip":      func() { Skip([]int{-1}, nil) },
		"tracker":   func() { t := &tracker{}; t.Begin(); t.End(); t.Wait() },
		"skipfixed": func() { SkipFixed([]int{-1, 1}, func(int) {}) },
		"limited":   func() { Limited(context.Background(), []int{1, 2, 3}, func(int) {}) },
	}
}
