// Command shop dies in the way it is told: name of the bug, and values that
// belong to the occurrence.
package main

import (
	"fmt"
	"log"
	"os"
	"runtime/debug"

	"example.com/shop/calls"
	"example.com/shop/cart"
	"example.com/shop/must"
	"example.com/shop/store"
	"example.com/shop/tree"
	"example.com/shop/web"
	"example.com/shop/work"
)

func main() {
	bug, how := os.Args[1], os.Args[2]
	value := "17"
	if len(os.Args) > 3 {
		value = os.Args[3]
	}
	switch how {
	case "here":
		run(bug, value)
	case "goroutine":
		done := make(chan bool)
		go func() {
			defer close(done)
			run(bug, value)
		}()
		<-done
	case "recovered":
		guarded(bug, value)
	case "logged":
		logged(bug, value)
	case "repanicked":
		repanicked(bug, value)
	case "served":
		web.Serve(func() { run(bug, value) })
	}
}

// guarded prints only the stack, as people do who have no logger at hand.
func guarded(bug, value string) {
	defer func() {
		if recover() != nil {
			debug.PrintStack()
		}
	}()
	run(bug, value)
}

// logged prints the value and the stack.
func logged(bug, value string) {
	defer func() {
		if r := recover(); r != nil {
			log.Printf("recovered: %v\n%s", r, debug.Stack())
		}
	}()
	run(bug, value)
}

// repanicked lets the process die of the same value.
func repanicked(bug, value string) {
	defer func() {
		if r := recover(); r != nil {
			panic(r)
		}
	}()
	run(bug, value)
}

func reload(path string) {
	loadConfig(path)
}

func loadConfig(path string) { must.Do(fmt.Errorf("open %s: no such file", path)) }

func openStore(path string) { must.Do(fmt.Errorf("open %s: no such file", path)) }

//go:noinline
func setup(which string) {
	if which == "prices" {
		must.Do(nil)
	}
	if which == "rates" {
		must.Do(fmt.Errorf("bad rate"))
	}
	if which == "taxes" {
		must.Do(fmt.Errorf("bad rate"))
	}
}

//go:noinline
func run(bug, value string) {
	if len(bug) > 40 {
		log.Fatal("no such bug")
	}
	switch bug {
	case "nil-map":
		new(cart.Cart).Add("A-"+value, 1)
	case "index-small", "index-large", "no-owner":
		new(cart.Cart).Total(bug)
	case "checkout-empty", "checkout-owner":
		new(cart.Cart).Checkout(bug, value)
	case "each-first", "each-second":
		new(cart.Cart).Each(bug)
	case "filter-in", "filter-out":
		cart.Filter(bug)
	case "config":
		loadConfig("/etc/shop-" + value + ".yaml")
	case "store-path":
		openStore("/var/lib/shop-" + value + ".db")
	case "rates", "taxes":
		setup(bug)
	case "closed-read", "closed-write", "largest-int", "largest-string", "each", "tx":
		store.Run(bug, value)
	case "walk", "descend-left", "descend-right", "rounds", "depth", "odd", "grammar":
		tree.Run(bug, value)
	case "unlock", "unlock-flush", "wait-send", "wait-lock", "receive", "maps-bump", "maps-tally", "maps-two-a", "maps-two-b", "read-first", "write-first":
		work.Run(bug)
	default:
		calls.Run(bug, value)
	}
}
