// Command worker packs the orders of a batch and prints a label for each: the
// second process of `backstop demo`.
//
// It has no listener, and the demo builds it with CGO_ENABLED=0: a network
// server or a cgo binary never triggers Go's deadlock detector
// (runtime/proc.go, checkdead).
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"time"

	"github.com/backstop-go/backstop"

	"github.com/backstop-go/backstop/examples/shop/fulfil"
)

func main() {
	if err := backstop.Start(backstop.Options{Service: "shop-worker"}); err != nil {
		fmt.Fprintln(os.Stderr, "worker: crashes will not be reported:", err)
	}
	batch := flag.Int("batch", 4, "pack `n` orders")
	flag.Parse()
	if *batch < 0 {
		fmt.Fprintln(os.Stderr, "worker: a batch has no negative number of orders")
		os.Exit(2)
	}

	orders := make([]int, *batch)
	for i := range orders {
		orders[i] = i + 1
	}
	for _, label := range fulfil.Batch(orders) {
		fmt.Println(label)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	if err := backstop.Stop(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "worker:", err)
	}
}
