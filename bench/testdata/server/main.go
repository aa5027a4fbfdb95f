// Command server is a service with many goroutines that dies of a panic. The
// benchmarks read what the runtime prints about it.
//
//	server N
//
// starts N goroutines beside those of its HTTP server and dies.
package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"runtime"
	"strconv"
	"sync"
	"time"
)

// A queue is a pool of workers that wait for jobs.
type queue[T any] struct {
	jobs chan T
	done chan struct{}
	mu   sync.Mutex
	cond *sync.Cond
	seen map[string]int
}

type job struct {
	id   int
	name string
	run  func(context.Context) error
}

func newQueue[T any]() *queue[T] {
	q := &queue[T]{jobs: make(chan T), done: make(chan struct{}), seen: make(map[string]int)}
	q.cond = sync.NewCond(&q.mu)
	return q
}

func (q *queue[T]) work(ctx context.Context, name string) {
	for {
		v, err := q.next(ctx, name)
		if err != nil {
			return
		}
		fmt.Fprintln(io.Discard, v)
	}
}

//go:noinline
func (q *queue[T]) next(ctx context.Context, name string) (T, error) {
	var zero T
	select {
	case v := <-q.jobs:
		return v, nil
	case <-ctx.Done():
		return zero, ctx.Err()
	case <-q.done:
		return zero, io.EOF
	}
}

func (q *queue[T]) wait() {
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.seen) == 0 {
		q.cond.Wait()
	}
}

func (q *queue[T]) lock(mu *sync.Mutex, depth int) {
	if depth > 0 {
		q.lock(mu, depth-1)
		return
	}
	mu.Lock()
	defer mu.Unlock()
}

func each[K comparable, V any](m map[K]V, f func(K, V)) {
	for k, v := range m {
		f(k, v)
	}
}

func main() {
	n, err := strconv.Atoi(os.Args[1])
	if err != nil {
		panic(err)
	}
	ctx := context.Background()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	hang := make(chan struct{})
	go http.Serve(l, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { <-hang })) //nolint:errcheck // dies first
	if n >= 100 {
		for i := 0; i < 20; i++ {
			go http.Get("http://" + l.Addr().String() + "/" + strconv.Itoa(i)) //nolint:errcheck,bodyclose // never returns
		}
	}
	q, names := newQueue[job](), newQueue[map[string]int]()
	var held sync.Mutex
	held.Lock()
	var wg sync.WaitGroup
	wg.Add(1)
	for i := 0; i < n; i++ {
		switch i % 8 {
		case 0, 1, 2:
			go q.work(ctx, "worker")
		case 3:
			go names.work(ctx, fmt.Sprint("name", i))
		case 4:
			go q.lock(&held, i%3)
		case 5:
			go func() { wg.Wait() }()
		case 6:
			go q.wait()
		case 7:
			go each(map[int]string{i: "tick"}, func(int, string) { time.Sleep(time.Hour) })
		}
	}
	for runtime.NumGoroutine() < n {
		time.Sleep(10 * time.Millisecond)
	}
	time.Sleep(300 * time.Millisecond)
	var cart map[string]int
	each(map[string]int{"tea": 2}, func(k string, v int) { cart[k] += v })
}
