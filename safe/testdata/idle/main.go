// Command idle lets a pool, a limiter and children work, and then waits for
// itself.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync/atomic"

	"github.com/backstop-go/backstop"
	"github.com/backstop-go/backstop/safe"
)

func main() {
	var less *backstop.DegradedError // there is no monitor before Go 1.23
	if err := backstop.Start(backstop.Options{}); err != nil && !errors.As(err, &less) {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(99)
	}
	ctx := context.Background()
	var n atomic.Int64
	task := func(context.Context) error {
		if n.Add(1) == 5 {
			panic("one of them panics")
		}
		return nil
	}
	p := safe.NewPool(safe.PoolOptions{Workers: 2})
	l := safe.NewLimiter(safe.LimiterOptions{})
	kids := safe.NewChildren(ctx)
	for range 8 {
		if _, err := p.Submit(ctx, task); err != nil {
			os.Exit(98)
		}
	}
	var panicked *backstop.PanicError
	if err := p.Wait(ctx); !errors.As(err, &panicked) {
		os.Exit(97)
	}
	kids.Go(task)
	if kids.Wait(ctx) != nil || l.Run(ctx, safe.Task{Work: task}) != nil {
		os.Exit(96)
	}
	fmt.Println(n.Load(), "tasks")
	<-make(chan int)
}
