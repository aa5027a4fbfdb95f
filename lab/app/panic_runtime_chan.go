package main

import "time"

func init() {
	register("send-closed-chan", sendClosedChan)
	register("blocked-send-then-close", blockedSendThenClose)
	register("select-send-closed-chan", selectSendClosedChan)
	register("select2-send-closed-chan", select2SendClosedChan)
	register("select-default-send-closed-chan", selectDefaultSendClosedChan)
	register("close-closed-chan", closeClosedChan)
	register("close-nil-chan", closeNilChan)
}

// sendClosedChan sends on a channel that is closed already.
func sendClosedChan() {
	jobs := make(chan int, 1)
	close(jobs)
	jobs <- 1
}

// blockedSendThenClose waits in a send when somebody else closes the channel: the
// panic is the sender's, who did nothing after the close.
func blockedSendThenClose() {
	jobs := make(chan int)
	go func() {
		time.Sleep(50 * time.Millisecond) // the send below is waiting by then
		close(jobs)
	}()
	jobs <- 1
}

// selectSendClosedChan shows that a select of one case is a plain send.
func selectSendClosedChan() {
	jobs := make(chan int)
	close(jobs)
	select {
	case jobs <- 1:
	}
}

// select2SendClosedChan shows that a closed channel makes a case ready, and that
// a ready case that sends on it panics. The other case never becomes ready.
func select2SendClosedChan() {
	jobs := make(chan int)
	stop := make(chan struct{})
	close(jobs)
	select {
	case jobs <- 1:
	case <-stop:
	}
}

// selectDefaultSendClosedChan tries to send without blocking. A default case
// helps against a full channel, not against a closed one.
func selectDefaultSendClosedChan() {
	jobs := make(chan int)
	close(jobs)
	select {
	case jobs <- 1:
	default:
	}
}

// closeClosedChan runs a shutdown twice.
func closeClosedChan() {
	stop := make(chan struct{})
	shutdown := func() { close(stop) }
	shutdown()
	shutdown()
}

// closeNilChan closes a channel field that no constructor has set.
func closeNilChan() {
	var server struct{ stop chan struct{} }
	close(server.stop)
}
