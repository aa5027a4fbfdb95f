package safe

import (
	"context"
	"runtime"
	"runtime/pprof"
	"sync"

	"github.com/backstop-go/backstop"
)

// PoolOptions tell how large a Pool is.
type PoolOptions struct {
	// Workers is how many tasks run at the same time; GOMAXPROCS when 0.
	Workers int
	// Queue is how many more may wait: as many as Workers when 0, none when
	// negative.
	Queue int
	// OnError is told of every task that failed, on the goroutine that ran it,
	// with the context that Submit was given. Its own panic is reported.
	OnError func(ctx context.Context, err error)
}

// A Pool runs many tasks on a few goroutines. A panic in one of them is reported
// with the request of its context, becomes its error, and costs no worker.
//
// Workers are goroutines that end when there is nothing to do: an idle pool has
// none, need not be closed, and leaves the deadlock detector alone.
type Pool struct {
	workers int
	onError func(context.Context, error)
	room    semaphore // for tasks that wait or run

	mu      sync.Mutex
	queue   jobs
	active  int // workers
	pending int // tasks that wait or run
	idle    chan struct{}
	first   error // since the last Wait
	closed  bool
}

// NewPool makes a pool.
func NewPool(o PoolOptions) *Pool {
	if o.Workers <= 0 {
		o.Workers = runtime.GOMAXPROCS(0)
	}
	if o.Queue == 0 {
		o.Queue = o.Workers
	}
	p := &Pool{workers: o.Workers, onError: o.OnError}
	p.room.free = int64(o.Workers + max(o.Queue, 0))
	return p
}

// Submit hands a task to the pool and waits, while the queue is full, until ctx
// is done; its error is then a [RefusedError], as it is with [ErrClosed] after
// Close. The task is called with ctx, unless that is done before its turn comes.
//
// A task that submits to its own full pool waits for itself.
func (p *Pool) Submit(ctx context.Context, task func(ctx context.Context) error) (*Job, error) {
	ctx = orBackground(ctx)
	if err := p.room.acquire(ctx, 1); err != nil {
		return nil, &RefusedError{err}
	}
	job := &Job{ctx: backstop.Carry(ctx), task: task}
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		return nil, &RefusedError{ErrClosed}
	}
	p.queue.push(job)
	p.pending++
	more := p.active < p.workers
	if more {
		p.active++
	}
	p.mu.Unlock()
	if more {
		p.start()
	}
	return job, nil
}

// start starts a worker. There is a goroutine between the two, because what a
// goroutine does is attributed to the request that its creator serves, and the
// worker goes on to tasks of others.
func (p *Pool) start() { go func() { go p.work() }() }

// work runs tasks until there are none.
func (p *Pool) work() {
	pprof.SetGoroutineLabels(context.Background()) // those of whoever submitted first
	ended := false
	defer func() {
		if !ended { // the task called runtime.Goexit: another one takes the place
			p.start()
		}
	}()
	for job := p.take(); job != nil; job = p.take() {
		p.run(job)
	}
	ended = true
}

// take returns the next task, or nil after it has signed the worker off.
func (p *Pool) take() *Job {
	p.mu.Lock()
	defer p.mu.Unlock()
	job := p.queue.pop()
	if job == nil {
		p.active--
	}
	return job
}

func (p *Pool) run(job *Job) {
	err := backstop.ErrGoexit
	defer func() { p.finish(job, err) }()
	defer func() { p.tell(job.ctx, err) }()
	backstop.Resume(job.ctx, func(ctx context.Context) { err = guard(ctx, job.call) })
}

func (p *Pool) tell(ctx context.Context, err error) {
	if err == nil || p.onError == nil {
		return
	}
	defer backstop.Recover(ctx)
	p.onError(ctx, err)
}

func (p *Pool) finish(job *Job, err error) {
	job.finish(err)
	p.mu.Lock()
	p.pending--
	if p.first == nil {
		p.first = err
	}
	if p.pending == 0 && p.idle != nil {
		close(p.idle)
		p.idle = nil
	}
	p.mu.Unlock()
	p.room.release(1)
}

// Wait waits until the pool has nothing to do, and returns the first error of
// its tasks since the last Wait: a *backstop.PanicError if it was a panic. When
// ctx is done first, it returns the context's error and the tasks go on.
func (p *Pool) Wait(ctx context.Context) error {
	ctx = orBackground(ctx)
	p.mu.Lock()
	for p.pending > 0 {
		if p.idle == nil {
			p.idle = make(chan struct{})
		}
		idle := p.idle
		p.mu.Unlock()
		select {
		case <-idle:
		case <-ctx.Done():
			return ctx.Err()
		}
		p.mu.Lock()
	}
	defer p.mu.Unlock()
	err := p.first
	p.first = nil
	return err
}

// Close refuses new tasks, those that wait in Submit included, and waits for the
// others as Wait does.
func (p *Pool) Close(ctx context.Context) error {
	p.mu.Lock()
	p.closed = true
	p.mu.Unlock()
	p.room.close(ErrClosed)
	return p.Wait(ctx)
}

// A Job is a task that was handed to a [Pool].
type Job struct {
	ctx  context.Context
	task func(context.Context) error

	mu   sync.Mutex
	done chan struct{} // made when somebody waits
	over bool
	err  error
}

// call runs the task, if its context still wants it.
func (j *Job) call(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return &RefusedError{err}
	}
	return j.task(ctx)
}

// Done is closed when the task is over.
func (j *Job) Done() <-chan struct{} {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.done == nil {
		j.done = make(chan struct{})
		if j.over {
			close(j.done)
		}
	}
	return j.done
}

// Wait waits for the task and returns its error. When ctx is done first, it
// returns the context's, and the task goes on.
func (j *Job) Wait(ctx context.Context) error {
	ctx = orBackground(ctx)
	select {
	case <-j.Done():
		return j.Err()
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Err returns the task's error; nil while it is not over.
func (j *Job) Err() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.err
}

func (j *Job) finish(err error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.ctx, j.task = nil, nil // whoever keeps the job need not keep these
	j.over, j.err = true, err
	if j.done != nil {
		close(j.done)
	}
}

// jobs is a queue that reuses its memory.
type jobs struct {
	ring        []*Job
	first, held int
}

func (q *jobs) push(j *Job) {
	if q.held == len(q.ring) {
		grown := make([]*Job, max(8, 2*len(q.ring)))
		for i := range q.held {
			grown[i] = q.ring[(q.first+i)%len(q.ring)]
		}
		q.ring, q.first = grown, 0
	}
	q.ring[(q.first+q.held)%len(q.ring)] = j
	q.held++
}

// pop returns nil when there is none.
func (q *jobs) pop() *Job {
	if q.held == 0 {
		return nil
	}
	j := q.ring[q.first]
	q.ring[q.first] = nil
	q.first = (q.first + 1) % len(q.ring)
	q.held--
	return j
}
