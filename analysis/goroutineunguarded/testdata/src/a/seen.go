package a

import (
	"net"
	"sync"
	"time"
)

// Code of services on which the rule was wrong once.

var responses = sync.Pool{New: func() any { return new(job) }}

func acquire() *job {
	j, ok := responses.Get().(*job)
	if !ok {
		panic("not a job")
	}
	return j
}

type ring struct{ n, head int }

func (r *ring) Empty() bool { return r.n == r.head }

func (r *ring) Pop() int {
	if r.Empty() {
		panic("empty ring")
	}
	r.head++
	return r.head
}

func number(to []byte, n uint64) []byte {
	if n < 64 {
		return append(to, byte(n))
	}
	panic("too great a number")
}

func pairs(kv ...string) map[string]string {
	if len(kv)%2 == 1 {
		panic("an odd number of keys and values")
	}
	return nil
}

// Pools hold what the program has put there; rings are asked before; numbers and lists
// of pairs are up to the code around the call.
func preconditions(r *ring, list [][]byte) {
	go func() {
		j := acquire()
		for !r.Empty() {
			j.ID += r.Pop()
		}
		list[0] = encode(list[0], j)
	}()
}

func encode(to []byte, j *job) []byte {
	pairs("a", "b")
	return number(to, uint64(j.ID))
}

type thread struct {
	calls  chan func()
	update func()
}

var purged = func() {}

// Whatever is called was written in this package.
func newThread() *thread {
	t := &thread{calls: make(chan func()), update: purged}
	go func() {
		for f := range t.calls {
			f()
		}
		t.update()
	}()
	return t
}

func (t *thread) do(f func()) { t.calls <- f }

func (t *thread) both() {
	t.do(func() { println("one") })
	select {
	case t.calls <- func() { println("two") }:
	default:
	}
}

type sender interface{ Run() }

type queue struct{}

func (queue) Run() {}

// Only the package implements the interface.
type conn struct{ q sender }

func (c *conn) start() { go func() { c.q.Run() }() }

type ticking struct{ every time.Duration }

func (t *ticking) loop(n int) { println(n / int(t.every)) }

// It was asked whether there is an interval.
func (t *ticking) start() {
	if t.every > 0 {
		go t.loop(1)
	}
}

// Dial says which connection it makes.
func dial(addr string) {
	go func() {
		c, err := net.Dial("tcp", addr)
		if err != nil {
			return
		}
		c.(*net.TCPConn).CloseWrite()
	}()
}

type publisher struct{ tasks chan func() }

// Others send here, too.
func newPublisher() *publisher {
	p := &publisher{tasks: make(chan func())}
	go func() { // want `it calls what p.tasks receives, which comes from outside`
		for f := range p.tasks {
			f()
		}
	}()
	return p
}

func (p *publisher) Publish(f func()) { p.tasks <- f }
