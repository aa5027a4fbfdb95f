// Package queue sends mails.
//
// Incident #worker: telekom/k8s-breakglass#526
// Incident #pacedtimer: pingcap/tidb#46412
package queue

import (
	"context"
	"log"
	"runtime/debug"
	"sync"
	"time"
)

// A Queue is a queue of mails.
type Queue struct {
	wg    sync.WaitGroup
	mails chan string
	next  func() (string, bool)
	send  func(string)
}

func (q *Queue) once() {
	defer func() {
		if v := recover(); v != nil {
			log.Printf("mail: %v\n%s", v, debug.Stack())
		}
	}()
	for {
		m, ok := q.next()
		if !ok {
			return
		}
		q.send(m)
	}
}

// Forever restarts the worker whenever it panics.
func (q *Queue) Forever() {
	for {
		q.once() // FAULT recover-hot-loop #forever hang
	}
}

func (q *Queue) worker() {
	defer q.wg.Done()
	defer func() {
		if v := recover(); v != nil {
			log.Printf("mail worker: %v\n%s", v, debug.Stack())
			q.wg.Add(1)
			go q.worker() // FAULT recover-hot-loop #worker hang
		}
	}()
	for {
		m, ok := q.next()
		if !ok {
			return
		}
		q.send(m)
	}
}

// Start starts the worker.
func (q *Queue) Start() {
	q.wg.Add(1)
	go q.worker()
	q.wg.Wait()
}

// Spin keeps a function running.
func Spin(ctx context.Context, f func()) {
	for ctx.Err() == nil {
		func() {
			defer func() {
				if v := recover(); v != nil { // FAULT recover-hot-loop #spin hang
					log.Printf("spin: %v\n%s", v, debug.Stack())
				}
			}()
			f()
		}()
	}
}

// Paced waits before it starts again.
func (q *Queue) Paced(ctx context.Context) {
	for {
		q.once() // FINE recover-hot-loop #pacedtimer: waits before the next start
		select {
		case <-ctx.Done():
			return
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// Fed takes one mail at a time; the channel sets the pace.
func (q *Queue) Fed() {
	for m := range q.mails {
		q.one(m) // FINE recover-hot-loop #fed: each round takes one mail off the channel
	}
}

func (q *Queue) one(m string) {
	defer func() {
		if v := recover(); v != nil {
			log.Printf("mail %s: %v\n%s", m, v, debug.Stack())
		}
	}()
	q.send(m)
}

// Tries gives up after some rounds.
func (q *Queue) Tries() {
	for i := 0; i < 3; i++ {
		q.once() // FINE recover-hot-loop #tries: three rounds
	}
}

// Ticked runs once a tick.
func (q *Queue) Ticked(ctx context.Context) {
	t := time.NewTicker(10 * time.Millisecond)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
			q.once() // FINE recover-hot-loop #ticked: the ticker sets the pace
		}
	}
}

// Backoff sleeps in the guard itself.
func Backoff(ctx context.Context, f func()) {
	for ctx.Err() == nil {
		func() {
			defer func() {
				if v := recover(); v != nil { // FINE recover-hot-loop #backoff: sleeps after a panic
					log.Printf("backoff: %v\n%s", v, debug.Stack())
					time.Sleep(20 * time.Millisecond)
				}
			}()
			f()
		}()
	}
}

// New makes a queue.
func New(n int, next func() (string, bool), send func(string)) *Queue {
	return &Queue{mails: make(chan string, n), next: next, send: send}
}
