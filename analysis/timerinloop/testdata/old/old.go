package old

import "time"

func messages(in chan int, quit chan struct{}) {
	for {
		select {
		case m := <-in:
			println(m)
		case <-quit:
			return
		case <-time.After(time.Minute): // want `timer-in-loop: each turn of the loop leaves a timer behind until it fires, with the go line 1.22`
			return
		}
	}
}

func ranged(in []chan int) {
	for _, c := range in {
		select {
		case m := <-c:
			println(m)
		case now := <-time.After(time.Second): // want `each turn of the loop`
			println(now.String())
		}
	}
}

type worker struct{ in chan int }

func (w *worker) run() {
	go func() {
		for {
			select {
			case <-w.in:
				continue
			case <-(time.After)(time.Hour): // want `each turn of the loop`
			}
		}
	}()
}

func nested(in chan int, on bool) {
	for on {
		if on {
			select {
			case <-in:
			case <-time.Tick(time.Second): // want `each turn of the loop`
			}
		}
	}
}

// It is waited for on each turn.
func poll(done func() bool) {
	for !done() {
		<-time.After(time.Second)
	}
}

// The only case is waited for too.
func lone(done func() bool) {
	for !done() {
		select {
		case <-time.After(time.Second):
		}
	}
}

// Every other case leaves the function: one timer at most is left behind.
func retry(quit chan struct{}, try func() bool) bool {
	for !try() {
		select {
		case <-quit:
			return false
		case <-time.After(time.Second):
		}
	}
	return true
}

// One timer for all turns.
func before(in chan int) {
	timeout := time.After(time.Minute)
	for {
		select {
		case <-in:
		case <-timeout:
			return
		}
	}
}

// No loop.
func once(in chan int) {
	select {
	case <-in:
	case <-time.After(time.Second):
	}
}

// A literal in a loop: what calls it how often is not looked at.
func calls(in chan int) {
	for range 3 {
		func() {
			select {
			case <-in:
			case <-time.After(time.Second):
			}
		}()
	}
}

func inVariable(events chan int, ready func() bool) bool {
	for !ready() {
		timeout := time.After(time.Minute) // want `each turn of the loop leaves a timer behind`
		select {
		case <-events:
		case <-timeout:
			return false
		}
	}
	return true
}

// The timer is made once.
func beforeTheLoop(events chan int, ready func() bool) bool {
	timeout := time.After(time.Minute)
	for !ready() {
		select {
		case <-events:
		case <-timeout:
			return false
		}
	}
	return true
}
