package a

import "sync"

func alone() int {
	ch := make(chan int)
	ch <- 1 // want `send on ch waits for ever: only this goroutine receives`
	return <-ch
}

func receivesFirst() {
	ch := make(chan int)
	v := <-ch // want `receive from ch waits for ever: only this goroutine sends`
	ch <- v
}

func noReceiver() {
	ch := make(chan int)
	ch <- 1 // want `send on ch waits for ever: nobody receives`
}

func noReceiverGo() {
	ch := make(chan int)
	go func() {
		ch <- 1 // want `send on ch waits for ever: nobody receives`
	}()
}

func noSender() {
	done := make(chan struct{})
	go func() { work() }()
	<-done // want `receive from done waits for ever: nobody sends`
}

func noSenderRange() {
	ch := make(chan int)
	for range ch { // want `receive from ch waits for ever: nobody sends`
		work()
	}
}

func nilSend() {
	var ch chan int
	ch <- 1 // want `send on ch, which is nil`
}

func nilReceive() int {
	var ch chan int
	return <-ch // want `receive from ch, which is nil`
}

func waitsFirst(items []int) (sum int) {
	var wg sync.WaitGroup
	out := make(chan int)
	for _, v := range items {
		wg.Add(1)
		go func() {
			defer wg.Done()
			out <- v // want `send on out waits for ever: waitsFirst waits for this goroutine`
		}()
	}
	wg.Wait()
	close(out)
	for v := range out {
		sum += v
	}
	return sum
}

func waitsFirstGo(items []int) (sum int) {
	var wg sync.WaitGroup
	out := make(chan int)
	for _, v := range items {
		wg.Go(func() { out <- v }) // want `send on out waits for ever: waitsFirstGo waits for this goroutine`
	}
	wg.Wait()
	close(out)
	for v := range out {
		sum += v
	}
	return sum
}

func full() {
	ch := make(chan int, 1)
	ch <- 1
	ch <- 2 // want `send on ch waits for ever: its buffer is full`
	<-ch
}

func inLoop(items []int) {
	ch := make(chan int)
	for _, v := range items {
		ch <- v // want `send on ch waits for ever: only this goroutine receives`
	}
	close(ch)
	for range ch {
		work()
	}
}

func work() {}
