//go:build provoke

package quorum

import (
	"context"
	"net/http"
	"time"
)

// Provoke has what makes each labelled line happen.
func Provoke() map[string]func() {
	return map[string]func(){
		"erigon":      func() { ctx, c := context.WithTimeout(context.Background(), 1); defer c(); Ask(ctx, slow) },
		"geo":         func() { New(func(string) string { slow(); return "" }).Locate("a") },
		"majority":    func() { Majority(3, func(int) bool { return true }) },
		"erigonfixed": func() { ctx, c := context.WithTimeout(context.Background(), 1); defer c(); AskFixed(ctx, slow) },
		"majorityall": func() { MajorityAll(3, func(int) bool { return true }) },
		"serve": func() {
			ctx, c := context.WithTimeout(context.Background(), 1e7)
			defer c()
			Serve(ctx, &http.Server{Addr: "127.0.0.1:0"})
		},
		"semaphore": func() { Semaphore(5, func(int) {}) },
	}
}

func slow() (int, error) { time.Sleep(50 * time.Millisecond); return 0, nil }
