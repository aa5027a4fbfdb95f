// Package routines has goroutines, locks and maps that look dangerous and are not.
package routines

import (
	"regexp"
	"sync"
	"time"
)

// A Job is a job.
type Job struct{ id int }

var jobs = sync.Pool{New: func() any { return new(Job) }}

func acquire() *Job {
	j, ok := jobs.Get().(*Job)
	if !ok {
		panic("not a job")
	}
	return j
}

// A Ring is a queue.
type Ring struct{ n, head int }

// Empty says whether there is nothing.
func (r *Ring) Empty() bool { return r.n == r.head }

// Pop takes the next one.
func (r *Ring) Pop() int {
	if r.Empty() {
		panic("empty ring")
	}
	r.head++
	return r.head
}

// Work empties the ring.
func Work(r *Ring, done chan<- int) {
	go func() { // FINE goroutine-unguarded #work: the pool has jobs only, and the ring is asked before
		j := acquire()
		for !r.Empty() {
			j.id += r.Pop()
		}
		done <- j.id
	}()
}

// A Thread runs what its package gives it.
type Thread struct{ calls chan func() }

// Start starts one.
func Start() *Thread {
	t := &Thread{calls: make(chan func())}
	go func() { // FINE goroutine-unguarded #thread: only this package sends, and what it sends cannot panic
		for f := range t.calls {
			f()
		}
	}()
	return t
}

func (t *Thread) do(f func()) { t.calls <- f }

// Both runs two.
func (t *Thread) Both() {
	n := 0
	t.do(func() { n++ })
	t.do(func() { n-- })
	close(t.calls)
}

// A Ticker divides by its interval.
type Ticker struct{ every time.Duration }

func (t *Ticker) loop(done chan<- int) { done <- 10 / int(t.every) }

// Start asks for the interval first.
func (t *Ticker) Start(done chan<- int) {
	if t.every > 0 {
		go t.loop(done) // FINE goroutine-unguarded #ticker: it was asked whether there is an interval
	} else {
		close(done)
	}
}

// A Balancer has listeners.
type Balancer struct {
	mu        sync.Mutex
	listeners map[string]func()
}

// Add adds one.
func (b *Balancer) Add(name string, stop func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.listeners == nil {
		b.listeners = make(map[string]func())
	}
	b.listeners[name] = stop
	b.listeners[name+"'"] = stop
}

// Close takes them out, and stops them.
func (b *Balancer) Close() {
	b.mu.Lock()
	list := b.listeners
	b.listeners = nil
	b.mu.Unlock()
	for _, stop := range list { // FINE map-race #close: nobody else has the map any more
		stop()
	}
}

// Stream locks once, whatever comes.
func (b *Balancer) Stream(keys ...string) (n int) {
	locked := false
	for _, k := range keys {
		if k != "" {
			if !locked {
				b.mu.Lock() // FINE mutex-misuse #stream: the flag says that it is locked
				defer b.mu.Unlock()
				locked = true
			}
			n++
			continue
		}
		n--
	}
	return n
}

// A Store unlocks what it is given.
type Store interface {
	Put(key string, locked sync.Locker) error
}

// A Keeper keeps.
type Keeper struct {
	mu    *sync.RWMutex
	store Store
}

// Put hands the lock on.
func (k *Keeper) Put(key string) error {
	k.mu.Lock()
	if key == "" {
		k.mu.Unlock()
		return nil
	}
	return k.store.Put(key, k.mu) // FINE mutex-misuse #put: whoever gets the lock unlocks it
}

func strip(tag string, names ...string) string {
	for _, n := range names {
		tag = regexp.MustCompile("("+n+"(:.*?)?)").ReplaceAllString(tag, "") // FINE must-runtime #strip: constants only
	}
	return tag
}

// Strip strips.
func Strip(tag string) string { return strip(strip(tag, "embedded"), "type", "size") }

// Precise compares before.
func Precise(kind, full string) bool {
	return kind == "decimal" || kind == "numeric" &&
		regexp.MustCompile(kind+`\(.*\)`).MatchString(full) // FINE must-runtime #precise: it is "numeric"
}
