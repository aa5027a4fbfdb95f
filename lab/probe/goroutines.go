package main

import (
	"bytes"
	"fmt"
	"runtime/pprof"
	"strings"
	"time"
)

func init() {
	register("waiting-in-profile", profileOfGoroutines)
	register("closed-channel", closedChannel)
}

// profileOfGoroutines looks for a waiting goroutine in the goroutine profile.
func profileOfGoroutines() {
	orders := make(chan int)
	go waitForOrders(orders)
	defer close(orders)
	text := func(debug int) string {
		var b bytes.Buffer
		if err := pprof.Lookup("goroutine").WriteTo(&b, debug); err != nil {
			return err.Error()
		}
		return b.String()
	}
	has := func(text, what string) string { return fmt.Sprint(strings.Contains(text, what)) }
	tracebacks := text(2)
	for i := 0; i < 1000 && !strings.Contains(tracebacks, "main.waitForOrders("); i++ {
		time.Sleep(time.Millisecond) // until it waits
		tracebacks = text(2)
	}
	counts := text(1)
	say("tracebacks_have_its_frame", has(tracebacks, "main.waitForOrders("))
	say("tracebacks_have_its_state", has(tracebacks, "[chan receive"))
	say("counts_have_its_frame", has(counts, "main.waitForOrders+"))
}

//go:noinline
func waitForOrders(orders chan int) int { return <-orders }

// closedChannel receives from a closed channel in a select, again and again.
func closedChannel() {
	closed, never := make(chan int), make(chan int)
	close(closed)
	zeros := 0
	defer func() { say("receives_in_select", fmt.Sprintf("%d zero values, then %v", zeros, recover())) }()
	for i := 0; i < 1000; i++ {
		select {
		case v, open := <-closed:
			if v == 0 && !open {
				zeros++
			}
		case <-never:
		}
	}
}
