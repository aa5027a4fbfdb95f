package a

import (
	"errors"
	"sync"
	"time"
)

func twice() {
	ch := make(chan int)
	close(ch)
	close(ch) // want `ch is closed twice`
}

func param(ch chan int, err error) {
	if err != nil {
		close(ch)
	}
	close(ch) // want `ch is closed twice`
}

// The deferred close comes second, and the other one is the mistake.
func deferred(ch chan int) error {
	defer close(ch)
	if err := work(); err != nil {
		close(ch) // want `ch is closed twice`
		return err
	}
	ch <- 1
	return nil
}

func deferredLiteral(ch chan int) {
	defer func() {
		close(ch)
	}()
	close(ch) // want `ch is closed twice`
}

func loop(items []int) {
	done := make(chan struct{})
	for range items {
		close(done) // want `close of done in a loop`
	}
}

func loopOnError(items []int) {
	done := make(chan struct{})
	for range items {
		if err := work(); err != nil {
			close(done) // want `close of done in a loop`
		}
	}
}

func loopSelect(in chan int, quit chan struct{}) {
	done := make(chan struct{})
	for {
		select {
		case <-quit:
			close(done) // want `close of done in a loop`
		case <-in:
		}
	}
}

func sendAfter() {
	ch := make(chan int, 2)
	ch <- 1
	close(ch)
	ch <- 2 // want `send on ch, which is closed before`
}

func sendAfterOnPath(ch chan int, last bool) {
	if last {
		close(ch)
	}
	ch <- 1 // want `send on ch, which is closed before`
}

func selectAfter(ch chan int, quit chan struct{}) {
	close(ch)
	select {
	case ch <- 1: // want `send on ch, which is closed before`
	case <-quit:
	}
}

func nilChannel() {
	var ch chan int
	close(ch) // want `close of ch, which is nil`
}

func nilOnPath(wanted bool) {
	var ch chan int
	if wanted {
		ch = make(chan int)
	}
	close(ch) // want `close of ch, which is nil`
}

func nilCaptured() {
	var ch chan int
	defer func() {
		close(ch) // want `close of ch, which is nil`
	}()
}

type server struct {
	quit chan struct{}
	out  chan int
	none chan int
	once sync.Once
}

func newServer() *server {
	return &server{quit: make(chan struct{}), out: make(chan int)}
}

func (s *server) stop() {
	close(s.quit) // want `s.quit is closed twice, as stop(Twice|AndClose) calls stop`
}

func (s *server) nothing() {
	close(s.none) // want `close of s.none, which is nil`
}

func (s *server) stopTwice() {
	s.stop()
	s.stop()
}

func (s *server) stopAndClose() {
	close(s.quit)
	s.stop()
}

func shut(ch chan int) { close(ch) } // want `ch is closed twice, as viaHelperAfter calls shut`

func viaHelperAfter() {
	ch := make(chan int)
	close(ch)
	shut(ch)
}

func shut2(ch chan int) { close(ch) }

func viaHelper() {
	ch := make(chan int)
	defer close(ch) // want `ch is closed twice`
	shut2(ch)
}

func emit(ch chan<- int, v int) { ch <- v } // want `send on ch, which is closed when sendViaHelper calls emit`

func sendViaHelper() {
	ch := make(chan int, 1)
	close(ch)
	emit(ch, 1)
}

func generic[T any](ch chan T, v T) {
	close(ch)
	ch <- v // want `send on ch, which is closed before`
}

func each(items []int) {
	done := make(chan struct{})
	for range items {
		go func() {
			work()
			close(done) // want `each goroutine of a loop closes done`
		}()
	}
	<-done
}

func eachDeferred(n int) {
	out := make(chan int)
	for i := 0; i < n; i++ {
		go func() {
			defer close(out) // want `each goroutine of a loop closes out`
			out <- i
		}()
	}
	for range out {
	}
}

func eachOnError(n int) {
	failed := make(chan struct{})
	for i := 0; i < n; i++ {
		go func() {
			if err := work(); err != nil {
				close(failed) // want `each goroutine of a loop closes failed`
			}
		}()
	}
	<-failed
}

func produce(out chan<- int) {
	defer close(out) // want `each goroutine of a loop closes out`
	out <- 1
}

func eachNamed(n int) {
	out := make(chan int)
	for range n {
		go produce(out)
	}
	for range out {
	}
}

func eachWaitGroup(n int) {
	var wg sync.WaitGroup
	out := make(chan int, n)
	for range n {
		wg.Go(func() {
			out <- 1
			close(out) // want `each goroutine of a loop closes out`
		})
	}
	wg.Wait()
}

func stillSending(items []int) chan int {
	out := make(chan int, len(items))
	for _, v := range items {
		go func() {
			out <- v // want `this goroutine may still send on out when stillSending closes it`
		}()
	}
	close(out)
	return nil
}

func sleeps() {
	out := make(chan int)
	go func() {
		work()
		out <- 1 // want `this goroutine may still send on out when sleeps closes it`
	}()
	time.Sleep(time.Millisecond)
	close(out)
}

func deferredClose() {
	out := make(chan int, 1)
	defer close(out)
	go func() {
		work()
		out <- 1 // want `this goroutine may still send on out when deferredClose closes it`
	}()
	work()
}

func worker(out chan<- int) {
	out <- 1 // want `this goroutine may still send on out when stillNamed closes it`
}

func stillNamed() {
	out := make(chan int, 4)
	for range 4 {
		go worker(out)
	}
	close(out)
}

func bothClose() {
	ch := make(chan int)
	go func() {
		defer close(ch)
		ch <- 1
	}()
	for range 3 {
		<-ch
	}
	close(ch) // want `two goroutines close ch`
}

type Hub struct {
	quit chan struct{}
	in   chan int
	done chan struct{}
}

func NewHub() *Hub {
	h := &Hub{quit: make(chan struct{}), in: make(chan int), done: make(chan struct{})}
	go h.run()
	return h
}

func (h *Hub) run() {
	defer close(h.done)
	for range h.in {
	}
}

func (h *Hub) Stop() {
	close(h.quit)
}

func (h *Hub) Abort(error) {
	work()
	close(h.quit) // want `h.quit is closed here and in Stop`
}

func (h *Hub) Close() {
	close(h.in)
	close(h.done) // want `h.done is closed here and in run`
}

func (h *Hub) Put(v int) {
	h.in <- v // want `send on h.in, which Close closes`
}

func work() error { return errors.New("no") }
