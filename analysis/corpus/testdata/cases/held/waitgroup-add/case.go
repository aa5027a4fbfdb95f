// Package pool starts workers and waits for them.
//
// Incident #sub,#subfixed: gansidui/gotcp#8
// Incident #socket: zimbatm/socketmaster#15
// Incident #columns: GoogleCloudPlatform/testgrid#287
package pool

import (
	"errors"
	"log"
	"sync"
)

// Run waits too early.
func Run(jobs []func()) {
	var wg sync.WaitGroup
	for _, j := range jobs {
		go func() {
			wg.Add(1) // FAULT waitgroup #sub shown
			defer wg.Done()
			j()
		}()
	}
	wg.Wait()
}

type group struct {
	wg    sync.WaitGroup
	lines chan string
}

func (g *group) log(read func() (string, bool)) {
	g.wg.Add(1) // FAULT waitgroup #socket shown
	defer g.wg.Done()
	for {
		l, ok := read()
		if !ok {
			return
		}
		g.lines <- l
	}
}

// Start starts both logs and waits.
func (g *group) Start(out, err func() (string, bool)) {
	go g.log(out)
	go g.log(err)
	g.wg.Wait()
}

// Columns reads columns; an error leaves without Done.
func Columns(n int, read func(int) error) error {
	var wg sync.WaitGroup
	errs := make(chan error, n)
	for i := range n {
		wg.Add(1)
		go func() {
			if err := read(i); err != nil {
				errs <- err
				return // FAULT waitgroup #columns hang
			}
			wg.Done()
		}()
	}
	wg.Wait()
	close(errs)
	return <-errs
}

func worker(wg sync.WaitGroup, job func()) { // FAULT waitgroup #copied hang
	defer wg.Done()
	job()
}

// Copied gives workers a copy.
func Copied(jobs []func()) {
	var wg sync.WaitGroup
	for _, j := range jobs {
		wg.Add(1)
		go worker(wg, j)
	}
	wg.Wait()
}

// RunFixed adds before.
func RunFixed(jobs []func()) {
	var wg sync.WaitGroup
	for _, j := range jobs {
		wg.Add(1) // FINE waitgroup #subfixed: before the goroutine starts
		go func() {
			defer wg.Done()
			j()
		}()
	}
	wg.Wait()
}

// Nested adds in a worker that is counted itself.
func Nested(jobs [][]func()) {
	var wg sync.WaitGroup
	for _, list := range jobs {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for _, j := range list {
				wg.Add(1) // FINE waitgroup #nested: this goroutine is counted until it is done
				go func() {
					defer wg.Done()
					j()
				}()
			}
		}()
	}
	wg.Wait()
}

// All adds all at once.
func All(jobs []func()) {
	var wg sync.WaitGroup
	wg.Add(len(jobs)) // FINE waitgroup #all: all at once
	for _, j := range jobs {
		go func() {
			defer wg.Done()
			j()
		}()
	}
	wg.Wait()
}

// ColumnsFixed is done on all ways.
func ColumnsFixed(n int, read func(int) error) (err error) {
	var wg sync.WaitGroup
	var mu sync.Mutex
	for i := range n {
		wg.Add(1)
		go func() {
			defer wg.Done()
			if e := read(i); e != nil {
				mu.Lock()
				defer mu.Unlock()
				err = errors.Join(err, e)
				return // FINE waitgroup #columnsfixed: Done is deferred
			}
		}()
	}
	wg.Wait()
	return err
}

func pointed(wg *sync.WaitGroup, job func()) { // FINE waitgroup #pointed: a pointer
	defer wg.Done()
	job()
}

// Pointed gives workers a pointer.
func Pointed(jobs []func()) {
	var wg sync.WaitGroup
	for _, j := range jobs {
		wg.Add(1)
		go pointed(&wg, j)
	}
	wg.Wait()
}

// Goes uses Go.
func Goes(jobs []func()) {
	var wg sync.WaitGroup
	for _, j := range jobs {
		wg.Go(j) // FINE waitgroup #goes: Go counts itself
	}
	wg.Wait()
}

// Explicit is done on each way.
func Explicit(jobs []func() error) {
	var wg sync.WaitGroup
	for _, j := range jobs {
		wg.Add(1)
		go func() {
			if err := j(); err != nil {
				log.Print(err)
				wg.Done()
				return // FINE waitgroup #explicit: Done above
			}
			wg.Done()
		}()
	}
	wg.Wait()
}

func newGroup() *group { return &group{lines: make(chan string)} }
