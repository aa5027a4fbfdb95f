//go:build provoke

package pipeline

import (
	"context"
	"errors"
	"time"
)

// Provoke has what makes each labelled line happen.
func Provoke() map[string]func() {
	return map[string]func(){
		"collect": func() { Collect([]int{1, 2}, func(int) (string, error) { return "", errors.New("x") }) },
		"gc": func() {
			ctx, c := context.WithTimeout(context.Background(), 1)
			defer c()
			GC(ctx, []int{1}, func(int) error { time.Sleep(50 * time.Millisecond); return errors.New("x") })
		},
		"runner":       func() { Command("sleep", 1) },
		"collectfixed": func() { CollectFixed([]int{1, 2}, func(int) (string, error) { return "", errors.New("x") }) },
		"runnerfixed":  func() { CommandFixed("sleep", 1) },
		"quit":         func() { Quit(100, 3) },
		"latest": func() {
			c := make(chan int)
			l := Latest(c)
			c <- 1
			c <- 2
			close(c)
			<-l
		},
	}
}
