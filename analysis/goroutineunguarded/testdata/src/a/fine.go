package a

import (
	"b"
	"fmt"
	"log"
	"os"
	"regexp"
	"strings"
	"sync"
)

// Guards that work.
func guarded(line string) {
	go func() {
		defer func() {
			if r := recover(); r != nil {
				log.Print(r)
			}
		}()
		parse(line) // the guard is deferred before it
	}()
	go func() {
		defer b.Recover() // a guard of another package
		parse(line)
	}()
	go func() {
		g := &b.Guard{Name: "x"}
		defer g.Catch() // a method
		parse(line)
	}()
	go b.Safe(func() { parse(line) })() // the wrapper has the guard
	b.Go(func() { parse(line) })        // so has this one
	go (&b.Worker{}).Loop()             // each round is guarded in the callee
	go guardedCallee(line)
}

func guardedCallee(line string) {
	defer b.Recover()
	parse(line)
}

func rounds(jobs chan string) {
	go func() {
		for j := range jobs {
			func() {
				defer b.Recover()
				parse(j)
			}()
		}
	}()
}

type waiter struct {
	wg   sync.WaitGroup
	mu   sync.Mutex
	done chan struct{}
	n    int
	now  func() int
}

// It only waits, locks and counts.
func (w *waiter) waits() {
	go func() {
		w.wg.Wait()
		close(w.done)
	}()
	go func() {
		<-w.done
		log.Print("done")
	}()
	go func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.n += w.now() // a seam for tests: its author is that of the field
	}()
}

// It is to end the process.
func listens(serve func() error) {
	go func() { log.Fatal(serve()) }()
	go func() {
		err := serve()
		log.Fatalf("serve: %v", err)
	}()
}

// Checked before.
func checked(line string, v any, list []string, n int) {
	go func() {
		parts := strings.Split(line, ":")
		if len(parts) != 2 {
			return
		}
		log.Print(parts[1])
		if s, ok := v.(string); ok {
			log.Print(s)
		}
		if n < len(list) {
			log.Print(list[n])
		}
		for i := range list {
			log.Print(list[i])
		}
	}()
}

// Each goroutine writes its own element.
func fanOut(list []string) []int {
	out := make([]int, len(list))
	var wg sync.WaitGroup
	for i := range list {
		wg.Add(2)
		go func() {
			defer wg.Done()
			out[i] = len(list[i])
		}()
		go func(i int) {
			defer wg.Done()
			out[i]++
		}(i)
	}
	wg.Wait()
	return out
}

type state int

const (
	on state = iota
	off
)

func (s state) String() string {
	switch s {
	case on:
		return "on"
	case off:
		return "off"
	}
	panic(fmt.Sprintf("no state %d", int(s)))
}

// Invariants of the author.
func invariants(s state) {
	go func() {
		log.Print(s.String())
		if s > off {
			panic("unreachable")
		}
	}()
}

// The deferred function ends the process on purpose, and says why.
func exits(line string) {
	go func() {
		defer func() {
			if r := recover(); r != nil {
				log.Fatal(r)
			}
		}()
		parse(line)
	}()
}

type monitor interface{ RecoverPanic() }

// It defers a guard that is somebody else's.
func dynamicGuard(m monitor, line string) {
	go func() {
		defer m.RecoverPanic()
		parse(line)
	}()
}

// The error of what is called is looked at.
func results(path string) {
	go func() {
		f, err := os.Open(path)
		if err != nil {
			log.Print(err)
			return
		}
		defer f.Close()
	}()
}

// All callers of the helper hand it functions that do not panic.
func spawnQuiet(f func()) {
	go f()
}

func spawnsQuiet() {
	spawnQuiet(func() { println("fine") })
}

// A constant expression compiles, or did not when somebody tried it.
func constants() {
	go func() {
		regexp.MustCompile(`^a+$`).MatchString("a")
	}()
}
