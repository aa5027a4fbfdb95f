// Command lost starts many tasks of which one panics, and ends with what Wait
// says.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

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
	group := backstop.NewGroup(ctx)
	pool := safe.NewPool(safe.PoolOptions{Workers: 3})
	kids := safe.NewChildren(ctx)
	wait := map[string]func() error{
		"group":    group.Wait,
		"pool":     func() error { return pool.Wait(ctx) },
		"children": func() error { return kids.Wait(ctx) },
	}[os.Args[1]]
	for i := range 100 {
		task := func(context.Context) error {
			if i == 50 {
				panic("the one")
			}
			return nil
		}
		switch os.Args[1] {
		case "group":
			group.Go(task)
		case "pool":
			if _, err := pool.Submit(ctx, task); err != nil {
				os.Exit(98)
			}
		case "children":
			kids.Go(task)
		}
	}
	err := wait()
	var p *backstop.PanicError
	fmt.Println("100 started, of a panic:", errors.As(err, &p))
	stop, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	if err := backstop.Stop(stop); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(97)
	}
	os.Exit(3)
}
