package a

import (
	"context"
	"fmt"
	"log"
	"net"
	"os"
	"runtime/debug"
	"sync"
	"time"

	"b"
)

type worker struct {
	wg    sync.WaitGroup
	jobs  chan func()
	step  func() bool
	fails int
	dead  bool
}

func (w *worker) guard() {
	if r := recover(); r != nil {
		log.Printf("%v\n%s", r, debug.Stack())
	}
}

func (w *worker) once() {
	defer w.guard()
	w.step()
}

func (w *worker) forever() {
	for {
		w.once() // want `recover-hot-loop: a panic is recovered and \(\*worker\).once starts again at once`
	}
}

func literal(f func()) {
	for {
		func() {
			defer func() {
				if r := recover(); r != nil { // want `recover-hot-loop: a panic is recovered and the work starts again at once`
					log.Printf("%v\n%s", r, debug.Stack())
				}
			}()
			f()
		}()
	}
}

func untilDone(ctx context.Context, f func()) {
	for ctx.Err() == nil {
		b.Safe(f) // want `recover-hot-loop`
	}
}

func safely(f func()) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%v", r)
		}
	}()
	f()
	return nil
}

func retries(f func()) {
	for {
		if err := safely(f); err == nil { // want `recover-hot-loop`
			return
		}
		log.Print("once more")
	}
}

func continues(f func()) {
	for {
		err := safely(f) // want `recover-hot-loop`
		if err != nil {
			log.Print(err)
			continue
		}
		break
	}
}

func jumps(f func()) {
again:
	if safely(f) != nil { // want `recover-hot-loop`
		goto again
	}
}

func inGoroutine(w *worker) {
	go func() {
		for {
			w.once() // want `recover-hot-loop`
		}
	}()
}

// Each panic starts the goroutine again.
func (w *worker) run() {
	defer func() {
		if r := recover(); r != nil {
			log.Printf("%v\n%s", r, debug.Stack())
			go w.run() // want `recover-hot-loop: the guard starts \(\*worker\).run again at once`
		}
	}()
	for w.step() {
	}
}

func (w *worker) recursive() {
	defer func() {
		if recover() != nil {
			w.recursive() // want `recover-hot-loop`
		}
	}()
	for w.step() {
	}
}

func (w *worker) start() {
	go func() {
		defer func() {
			if r := recover(); r != nil {
				log.Printf("%v\n%s", r, debug.Stack())
				w.start() // want `recover-hot-loop`
			}
		}()
		for w.step() {
		}
	}()
}

func variable(f func()) {
	var run func()
	run = func() {
		defer func() {
			if r := recover(); r != nil {
				go run() // want `recover-hot-loop`
			}
		}()
		f()
	}
	go run()
}

// A ticker, a timer, a channel set the pace.
func (w *worker) ticked(ctx context.Context) {
	t := time.NewTicker(time.Second)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
			w.once()
		}
	}
}

func (w *worker) slept() {
	for {
		w.once()
		time.Sleep(time.Second)
	}
}

func (w *worker) fed() {
	for job := range w.jobs {
		b.Safe(job)
	}
}

func (w *worker) next() {
	defer w.guard()
	(<-w.jobs)()
}

// The work waits for a job.
func (w *worker) waitsInside() {
	for {
		w.next()
	}
}

// The guard waits.
func sleepsInGuard(f func()) {
	for {
		func() {
			defer func() {
				if r := recover(); r != nil {
					log.Print(r)
					time.Sleep(time.Second)
				}
			}()
			f()
		}()
	}
}

func pacedElsewhere(f func()) {
	for {
		b.Paced(f)
	}
}

func (w *worker) pause() { <-time.After(time.Second) }

func pausesOnError(w *worker, f func()) {
	for {
		if err := safely(f); err != nil {
			w.pause()
		}
	}
}

// It ends by itself.
func tries(f func()) {
	for range 3 {
		b.Safe(f)
	}
}

func triesCounted(f func()) error {
	var err error
	for i := 0; ; i++ {
		if err = safely(f); err == nil || i > 3 {
			return err
		}
	}
}

func each(list []func()) {
	for _, f := range list {
		b.Safe(f)
	}
}

// It is left when the work failed.
func untilFailure(f func()) error {
	for {
		if err := safely(f); err != nil {
			return err
		}
	}
}

func ok(f func()) (done bool) {
	defer func() { _ = recover() }()
	f()
	return true
}

func whileOK(f func()) {
	for ok(f) {
	}
}

// The guard ends the process.
func exits(f func()) {
	for {
		func() {
			defer func() {
				if r := recover(); r != nil {
					log.Print(r)
					os.Exit(1)
				}
			}()
			f()
		}()
	}
}

// The guard ends the loop.
func stops(f func()) {
	stop := false
	for !stop {
		func() {
			defer func() {
				if recover() != nil {
					stop = true
				}
			}()
			f()
		}()
	}
}

// The network sets the pace.
func accepts(l net.Listener, handle func(net.Conn)) {
	for {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		b.Safe(func() { handle(conn) })
	}
}

// It may wait where the work comes from.
func pops(q b.Queue) {
	for {
		f := q.Pop()
		b.Safe(f)
	}
}

// There is no guard: a panic ends it.
func unguarded(f func()) {
	for {
		f()
	}
}

// It starts again later.
func (w *worker) later() {
	defer func() {
		if recover() != nil {
			time.AfterFunc(time.Second, w.later)
		}
	}()
	for w.step() {
	}
}

func (w *worker) sleepsFirst() {
	defer func() {
		if recover() != nil {
			time.Sleep(time.Second)
			go w.sleepsFirst()
		}
	}()
	for w.step() {
	}
}

// It counts.
func (w *worker) limited() {
	defer func() {
		if recover() != nil {
			w.fails++
			if w.fails < 5 {
				go w.limited()
			}
		}
	}()
	for w.step() {
	}
}

func (w *worker) attempts(n int) {
	defer func() {
		if recover() != nil {
			w.attempts(n + 1)
		}
	}()
	if n > 5 {
		return
	}
	w.step()
}

// One job less each time.
func (w *worker) consumes() {
	defer func() {
		if recover() != nil {
			go w.consumes()
		}
	}()
	for job := range w.jobs {
		job()
	}
}

// It starts something else.
func (w *worker) other() {
	defer func() {
		if recover() != nil {
			go w.fed()
		}
	}()
	w.step()
}
