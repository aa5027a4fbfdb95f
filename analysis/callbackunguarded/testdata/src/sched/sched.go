// Package sched is the module's own job runner.
package sched

import (
	"context"
	"log"
	"runtime/debug"
	"sync"
	"time"
)

type Job interface{ Run(ctx context.Context) error }

type entry struct {
	name  string
	every time.Duration
	fn    func(ctx context.Context) error
}

// Scheduler starts what it is given in goroutines of its own.
type Scheduler struct {
	mu      sync.Mutex
	entries []entry
	jobs    map[string]Job
	wg      sync.WaitGroup
}

func New() *Scheduler { return &Scheduler{jobs: map[string]Job{}} }

func (s *Scheduler) Every(d time.Duration, name string, fn func(ctx context.Context) error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.entries = append(s.entries, entry{name: name, every: d, fn: fn})
}

func (s *Scheduler) AddJob(name string, j Job) {
	s.mu.Lock()
	s.jobs[name] = j
	s.mu.Unlock()
}

func (s *Scheduler) Start(ctx context.Context) {
	for _, e := range s.entries {
		s.wg.Add(1)
		go s.loop(ctx, e)
	}
	for name, j := range s.jobs {
		go func() {
			if err := j.Run(ctx); err != nil {
				log.Printf("%s: %v", name, err)
			}
		}()
	}
}

func (s *Scheduler) loop(ctx context.Context, e entry) {
	defer s.wg.Done()
	t := time.NewTicker(time.Minute)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
			if err := e.fn(ctx); err != nil {
				log.Print(err)
			}
		}
	}
}

// Safe is the same with a guard.
type Safe struct{ fns []func() }

func (s *Safe) Add(fn func()) { s.fns = append(s.fns, fn) }

func (s *Safe) Start() {
	for _, fn := range s.fns {
		go func() {
			defer func() {
				if r := recover(); r != nil {
					log.Printf("job: %v\n%s", r, debug.Stack())
				}
			}()
			fn()
		}()
	}
}

// Pool has workers.
type Pool struct{ tasks chan func() }

func NewPool(n int) *Pool {
	p := &Pool{tasks: make(chan func(), 64)}
	for range n {
		go p.work()
	}
	return p
}

func (p *Pool) work() {
	for t := range p.tasks {
		t()
	}
}

func (p *Pool) Submit(t func()) { p.tasks <- t }

// Inline calls what it keeps in the goroutine of the caller.
type Inline struct{ hooks []func() }

func (i *Inline) Add(fn func()) { i.hooks = append(i.hooks, fn) }
func (i *Inline) Fire() {
	for _, h := range i.hooks {
		h()
	}
}

// Bus keeps subscribers in a map.
type Bus struct {
	mu   sync.RWMutex
	subs map[string][]func(topic string, data []byte)
}

func (b *Bus) Subscribe(topic string, fn func(topic string, data []byte)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.subs[topic] = append(b.subs[topic], fn)
}

func (b *Bus) Publish(topic string, data []byte) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	for _, fn := range b.subs[topic] {
		go fn(topic, data)
	}
}

// Watcher has one callback in a field.
type Watcher struct{ OnChange func(string) }

func NewWatcher(fn func(string)) *Watcher {
	w := &Watcher{OnChange: fn}
	go w.run()
	return w
}

func (w *Watcher) run() {
	for range time.Tick(time.Second) {
		w.OnChange("x")
	}
}
