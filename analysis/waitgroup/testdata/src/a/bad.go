package a

import (
	"errors"
	"log"
	"sync"
)

func earlyReturn(urls []string) {
	var wg sync.WaitGroup
	for range urls {
		wg.Add(1)
		go func() {
			if err := work(); err != nil {
				log.Print(err)
				return // want `this return skips Done of wg`
			}
			wg.Done()
		}()
	}
	wg.Wait()
}

func earlyReturnArg(urls []string) {
	var wg sync.WaitGroup
	for _, u := range urls {
		wg.Add(1)
		go func(u string) {
			if u == "" {
				return // want `this return skips Done of wg`
			}
			work()
			wg.Done()
		}(u)
	}
	wg.Wait()
}

func named(wg *sync.WaitGroup, u string) {
	if err := work(); err != nil {
		return // want `this return skips Done of wg`
	}
	wg.Done()
}

func startsNamed() {
	var wg sync.WaitGroup
	wg.Add(1)
	go named(&wg, "")
	wg.Wait()
}

func lateDefer() {
	var wg sync.WaitGroup
	wg.Add(1)
	go func() {
		if err := work(); err != nil {
			return // want `this return skips Done of wg`
		}
		defer wg.Done()
		work()
	}()
	wg.Wait()
}

func onlyIf() {
	var wg sync.WaitGroup
	wg.Add(1)
	go func() {
		if work() == nil {
			wg.Done()
		}
	}() // want `this return skips Done of wg`
	wg.Wait()
}

func switches(kind int) {
	var wg sync.WaitGroup
	wg.Add(1)
	go func() {
		switch kind {
		case 1:
			work()
		case 2:
			return // want `this return skips Done of wg`
		}
		wg.Done()
	}()
	wg.Wait()
}

type pool struct{ wg sync.WaitGroup }

func (p *pool) start() {
	p.wg.Add(1)
	go p.run()
}

func (p *pool) run() {
	if err := work(); err != nil {
		return // want `this return skips Done of p.wg`
	}
	p.wg.Done()
}

func (p *pool) stop() { p.wg.Wait() }

func addWithin() {
	var wg sync.WaitGroup
	for range 3 {
		go func() {
			wg.Add(1) // want `Add of wg within the goroutine races with Wait`
			defer wg.Done()
			work()
		}()
	}
	wg.Wait()
}

func addLater() {
	var wg sync.WaitGroup
	go func() {
		work()
		wg.Add(1) // want `Add of wg within the goroutine races with Wait`
		defer wg.Done()
	}()
	wg.Wait()
}

func addNamed(wg *sync.WaitGroup) {
	wg.Add(1) // want `Add of wg within the goroutine races with Wait`
	defer wg.Done()
	work()
}

func startsAddNamed() {
	var wg sync.WaitGroup
	go addNamed(&wg)
	wg.Wait()
}

type server struct{ wg sync.WaitGroup }

func (s *server) start() {
	go s.serve()
}

func (s *server) serve() {
	s.wg.Add(1) // want `Add of s.wg within the goroutine races with Wait`
	defer s.wg.Done()
	work()
}

func (s *server) stop() { s.wg.Wait() }

func twice() {
	var wg sync.WaitGroup
	wg.Add(1)
	go func() {
		defer wg.Done()
		if err := work(); err != nil {
			wg.Done() // want `Done of wg runs twice`
			return
		}
	}()
	wg.Wait()
}

func twicePlain() {
	var wg sync.WaitGroup
	for range 3 {
		wg.Add(1)
		go func() {
			wg.Done()
			work()
			wg.Done() // want `Done of wg runs twice`
		}()
	}
	wg.Wait()
}

func straight() {
	var wg sync.WaitGroup
	wg.Add(1)
	wg.Done()
	wg.Done() // want `Done of wg is called more often than Add`
}

func three() {
	var wg sync.WaitGroup
	wg.Add(2)
	go func() { defer wg.Done(); work() }()
	go func() { defer wg.Done(); work() }()
	go func() { defer wg.Done(); work() }() // want `Done of wg is called more often than Add`
	wg.Wait()
}

func outside(items []int) {
	var wg sync.WaitGroup
	wg.Add(1)
	for range items {
		go func() {
			defer wg.Done() // want `Done of wg runs in each goroutine of a loop`
			work()
		}()
	}
	wg.Wait()
}

func never(items []int) {
	var wg sync.WaitGroup
	for range items {
		wg.Add(1)
		go func() { work() }()
	}
	wg.Wait() // want `Wait of wg never returns: nobody calls Done`
}

func tooMany() {
	var wg sync.WaitGroup
	wg.Add(2)
	go func() {
		defer wg.Done()
		work()
	}()
	wg.Wait() // want `Wait of wg never returns: Done is called less often`
}

func byValue(wg sync.WaitGroup) { // want `parameter wg of byValue is a copy`
	defer wg.Done()
	work()
}

func literalByValue() {
	var wg sync.WaitGroup
	wg.Add(1)
	go func(wg sync.WaitGroup) { // want `parameter wg of this function is a copy`
		defer wg.Done()
		work()
	}(wg)
	wg.Wait()
}

type job struct {
	wg sync.WaitGroup
	n  int
}

func (j job) run() { // want `j of run is a copy`
	defer j.wg.Done()
	work()
}

func runs(j job) { // want `j of runs is a copy`
	func() {
		defer j.wg.Done()
	}()
}

func goAndDone() {
	var wg sync.WaitGroup
	wg.Go(func() {
		defer wg.Done() // want `Done of wg in a function that WaitGroup.Go runs`
		work()
	})
	wg.Wait()
}

func goAndAdd() {
	var wg sync.WaitGroup
	wg.Add(1)
	wg.Go(func() { work() })
	wg.Wait() // want `Wait of wg never returns: WaitGroup.Go counts itself`
}

func itself() {
	var wg sync.WaitGroup
	wg.Add(1)
	go func() {
		defer wg.Done()
		wg.Wait() // want `Wait of wg in a goroutine that calls Done only when it returns`
	}()
}

func recovered() {
	var wg sync.WaitGroup
	wg.Add(1)
	go func() {
		defer func() {
			if r := recover(); r != nil {
				log.Print(r)
			}
		}()
		work()
		wg.Done() // want `Done of wg is skipped by a panic`
	}()
	wg.Wait()
}

func generic[T any](items []T, f func(T) error) {
	var wg sync.WaitGroup
	for _, v := range items {
		wg.Add(1)
		go func() {
			if f(v) != nil {
				return // want `this return skips Done of wg`
			}
			wg.Done()
		}()
	}
	wg.Wait()
}

func work() error { return errors.New("no") }

// Skips what is counted already.
func skips(items []int) {
	var wg sync.WaitGroup
	for _, n := range items {
		wg.Add(1)
		if n < 0 {
			continue // want `this skips the goroutine that calls Done of wg`
		}
		go func() {
			defer wg.Done()
			work()
		}()
	}
	wg.Wait()
}

type fetcher struct{ wg sync.WaitGroup }

func (f *fetcher) one(n int) {
	defer f.wg.Done()
	work()
}

func (f *fetcher) all(items []int) {
	for i := 0; i < len(items); i++ {
		f.wg.Add(1)
		n := items[i]
		if n%2 == 0 && n > 4 {
			continue // want `this skips the goroutine that calls Done of f.wg`
		}
		go f.one(n)
	}
	f.wg.Wait()
}

// A method that counts itself when it runs.
type lines struct {
	wg  sync.WaitGroup
	out []string
}

func (l *lines) log(s string) {
	l.wg.Add(1) // want `Add of l.wg within the goroutine races with Wait`
	defer l.wg.Done()
	work()
}

func (l *lines) logAll(list []string) {
	for _, s := range list {
		go l.log(s)
	}
	l.wg.Wait()
}

func logLocal(list []string) {
	l := &lines{}
	for _, s := range list {
		go l.log(s)
	}
	l.wg.Wait()
}
