package a

import (
	"log"
	"os"
	"sync"
	"time"
)

// Deferred first: every return calls it.
func deferred(urls []string) {
	var wg sync.WaitGroup
	for range urls {
		wg.Add(1)
		go func() {
			defer wg.Done()
			if err := work(); err != nil {
				return
			}
		}()
	}
	wg.Wait()
}

// Each return has its own.
func everyReturn() {
	var wg sync.WaitGroup
	wg.Add(1)
	go func() {
		if err := work(); err != nil {
			wg.Done()
			return
		}
		wg.Done()
	}()
	wg.Wait()
}

// A deferred literal calls it.
func literal() {
	var wg sync.WaitGroup
	wg.Add(1)
	go func() {
		defer func() {
			recover()
			wg.Done()
		}()
		work()
	}()
	wg.Wait()
}

// A helper calls it.
func helper(wg *sync.WaitGroup) { wg.Done() }

func viaHelper() {
	var wg sync.WaitGroup
	wg.Add(1)
	go func() {
		if err := work(); err != nil {
			helper(&wg)
			return
		}
		wg.Done()
	}()
	wg.Wait()
}

// The goroutine holds a count when it adds another one.
func nested() {
	var wg sync.WaitGroup
	wg.Add(1)
	go func() {
		defer wg.Done()
		wg.Add(1)
		go func() {
			defer wg.Done()
			work()
		}()
	}()
	wg.Wait()
}

func nestedGo() {
	var wg sync.WaitGroup
	wg.Go(func() {
		wg.Add(1)
		go func() {
			defer wg.Done()
			work()
		}()
	})
	wg.Wait()
}

// Its own WaitGroup.
func own() {
	go func() {
		var wg sync.WaitGroup
		wg.Add(1)
		go func() {
			defer wg.Done()
			work()
		}()
		wg.Wait()
	}()
}

// Two Done for Add(2).
func two() {
	var wg sync.WaitGroup
	wg.Add(2)
	go func() {
		work()
		wg.Done()
		work()
		wg.Done()
	}()
	wg.Wait()
}

// As many as there are items.
func number(items []int) {
	var wg sync.WaitGroup
	wg.Add(len(items))
	for range items {
		go func() {
			defer wg.Done()
			work()
		}()
	}
	wg.Wait()
}

// The process ends: nobody waits.
func ends() {
	var wg sync.WaitGroup
	wg.Add(1)
	go func() {
		if err := work(); err != nil {
			log.Fatal(err)
		}
		if len(os.Args) > 9 {
			panic("arguments")
		}
		wg.Done()
	}()
	wg.Wait()
}

// The count is handed on to a callback.
func handsOn(later bool) {
	var wg sync.WaitGroup
	wg.Add(1)
	go func() {
		if later {
			time.AfterFunc(time.Second, wg.Done)
			return
		}
		wg.Done()
	}()
	wg.Wait()
}

// And to another goroutine.
func handsOnGo(later bool) {
	var wg sync.WaitGroup
	wg.Add(1)
	go func() {
		if later {
			go func() {
				defer wg.Done()
				work()
			}()
			return
		}
		wg.Done()
	}()
	wg.Wait()
}

// A pointer is no copy.
func pointer(wg *sync.WaitGroup) {
	defer wg.Done()
	work()
}

func usesPointer() {
	var wg sync.WaitGroup
	wg.Add(1)
	go pointer(&wg)
	wg.Wait()
}

// The struct is a copy, the group is not.
type ref struct{ wg *sync.WaitGroup }

func (r ref) run() {
	defer r.wg.Done()
	work()
}

// A struct by value that nobody counts on.
func (j job) number() int { return j.n }

// WaitGroup.Go counts.
func goes(items []int) {
	var wg sync.WaitGroup
	for range items {
		wg.Go(func() { work() })
	}
	wg.Wait()
}

// One Add for the goroutine, one by Go.
func mixed() {
	var wg sync.WaitGroup
	wg.Add(1)
	go func() {
		defer wg.Done()
		work()
	}()
	wg.Go(func() { work() })
	wg.Wait()
}

// One per item in a loop.
func workers(jobs chan int) {
	var wg sync.WaitGroup
	go func() {
		for range jobs {
			work()
			wg.Done()
		}
	}()
	for i := range 10 {
		wg.Add(1)
		jobs <- i
	}
	wg.Wait()
}

// The same condition decides Add and Done.
func conditional(counted bool) {
	var wg sync.WaitGroup
	if counted {
		wg.Add(1)
	}
	go func() {
		if counted {
			defer wg.Done()
		}
		work()
	}()
	wg.Wait()
}

// Add under the lock that Close takes before Wait.
type guarded struct {
	mu     sync.Mutex
	closed bool
	wg     sync.WaitGroup
}

func (g *guarded) start() { go g.run() }

func (g *guarded) run() {
	g.mu.Lock()
	if g.closed {
		g.mu.Unlock()
		return
	}
	g.wg.Add(1)
	g.mu.Unlock()
	defer g.wg.Done()
	work()
}

func (g *guarded) stop() {
	g.mu.Lock()
	g.closed = true
	g.mu.Unlock()
	g.wg.Wait()
}

// Who starts the goroutine has added before.
type counted struct{ wg sync.WaitGroup }

func (c *counted) begin() { c.wg.Add(1) }
func (c *counted) start() {
	c.begin()
	go c.run()
}

func (c *counted) run() {
	defer c.wg.Done()
	c.wg.Add(1)
	go func() {
		defer c.wg.Done()
		work()
	}()
}

func (c *counted) stop() { c.wg.Wait() }

// Unknown code gets the group.
func unknown(f func(*sync.WaitGroup)) {
	var wg sync.WaitGroup
	wg.Add(1)
	f(&wg)
	wg.Wait()
}

// A starting gun: Done is called once, many wait.
func gun(n int) {
	var start sync.WaitGroup
	start.Add(1)
	for range n {
		go func() {
			start.Wait()
			work()
		}()
	}
	start.Done()
}

// Batches: waited for in each turn.
func batches(items []int) {
	var wg sync.WaitGroup
	for range items {
		wg.Add(1)
		go func() {
			defer wg.Done()
			work()
		}()
		wg.Wait()
	}
}

// Nobody may wait: the group is optional.
func optional(wg *sync.WaitGroup) {
	if wg != nil {
		defer wg.Done()
	}
	work()
}

func startsOptional() {
	go optional(nil)
}

// What is skipped is given back.
func skipsAndGivesBack(items []int) {
	var wg sync.WaitGroup
	for _, n := range items {
		wg.Add(1)
		if n < 0 {
			wg.Done()
			continue
		}
		go func() {
			defer wg.Done()
			work()
		}()
	}
	wg.Wait()
}

// Counted behind the skip.
func skipsFirst(items []int) {
	var wg sync.WaitGroup
	for _, n := range items {
		if n < 0 {
			continue
		}
		wg.Add(1)
		go func() {
			defer wg.Done()
			work()
		}()
	}
	wg.Wait()
}

// Another goroutine counts down for what is not started here.
func skipsElsewhere(items []int) {
	var wg sync.WaitGroup
	for _, n := range items {
		wg.Add(1)
		if n < 0 {
			go func() {
				defer wg.Done()
				work()
			}()
			continue
		}
		go func() {
			defer wg.Done()
			work()
		}()
	}
	wg.Wait()
}

// A helper gives back what is skipped.
func skipsThroughHelper(items []int) {
	var wg sync.WaitGroup
	for _, n := range items {
		wg.Add(1)
		if n < 0 {
			giveBack(&wg)
			continue
		}
		go func() {
			defer wg.Done()
			work()
		}()
	}
	wg.Wait()
}

func giveBack(wg *sync.WaitGroup) { wg.Done() }
