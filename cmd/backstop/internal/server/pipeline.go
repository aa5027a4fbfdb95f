package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/backstop-go/backstop/event"

	"github.com/backstop-go/backstop/cmd/backstop/internal/ingest"
	"github.com/backstop-go/backstop/cmd/backstop/internal/issue"
	"github.com/backstop-go/backstop/cmd/backstop/internal/store"
)

// This file is the collector as a picture. Stages 1 and 2 run in the request's
// goroutine, as many as there are requests; 3 to 6 in the writer's, for all
// requests that arrived meanwhile:
//
//	1 decode     ingest.Decode       bytes to events; each is checked by itself
//	2 normalise  ingest.Normalise    clock, class, fingerprints
//	------------ queue -----------------------------------------------------
//	3 recall     Tx.Recall           what is known of these events
//	4 merge      batch.add           another observation, or a new occurrence?
//	5 apply      issue.Apply         new, ongoing, regressed; pure
//	6 save       Tx.Save, Tx.Commit  one transaction, durable
//	------------ release ---------------------------------------------------
//	             the requests are answered 200, and not before

// Limits of a batch.
const (
	batchEvents = 500                  // events in one transaction
	batchWait   = 5 * time.Millisecond // how long the first waits for others
)

// A taking is what became of one request.
type taking struct {
	events     int // that were good, and are durable
	duplicates int // of these
	rejected   ingest.Rejected
}

// take is the whole way of one request. It asks admit for each piece of memory.
func (p *pipeline) take(r *http.Request, admit func(bytes int) error) (t taking, err error) {
	body, err := p.decoder.Read(r, admit)
	if err != nil {
		return t, err
	}
	// From here on the request depends on nobody outside, and the writer may
	// wait a moment for it.
	p.coming.Add(1)
	arrived := sync.OnceFunc(func() { p.coming.Add(-1) })
	defer arrived()

	events, err := p.decode(body)
	if err != nil && !errors.As(err, &t.rejected) {
		return t, err
	}
	t.events = len(events)
	t.duplicates, err = p.ingest(r.Context(), events, arrived)
	return t, err
}

// decode is stages 1 and 2. The error may be ingest.Rejected, and then some
// events are good.
func (p *pipeline) decode(body []byte) ([]event.Event, error) {
	events, err := p.decoder.Decode(body)
	now := p.now()
	for i := range events {
		ingest.Normalise(&events[i], now)
	}
	return events, err
}

// commit is stages 3 to 6. It tells of each event whether it was known.
func (p *pipeline) commit(ctx context.Context, events []event.Event) (duplicate []bool, changes []issue.Change, err error) {
	tx, err := p.store.Begin(ctx)
	if err != nil {
		return nil, nil, err
	}
	defer tx.Rollback()

	known, err := tx.Recall(ctx, pointers(events))
	if err != nil {
		return nil, nil, err
	}
	b := newBatch(known)
	received := p.now().UTC()
	duplicate = make([]bool, len(events))
	for i := range events {
		duplicate[i] = b.add(events[i], received)
	}
	edits := b.edits()
	states, changes, err := count(ctx, tx, edits)
	if err != nil {
		return nil, nil, err
	}
	if err := tx.Save(ctx, store.Changes{Edits: edits, States: states, Dropped: b.dropped}); err != nil {
		return nil, nil, err
	}
	for i := range changes {
		for _, s := range states {
			if s.Key == changes[i].State.Key {
				changes[i].State.ID = s.ID // given by Save
			}
		}
	}
	return duplicate, changes, tx.Commit(ctx)
}

func pointers(events []event.Event) []*event.Event {
	list := make([]*event.Event, len(events))
	for i := range events {
		list[i] = &events[i]
	}
	return list
}

// A pipeline owns the writer: one goroutine that everything which is written
// goes through.
type pipeline struct {
	store   writeStore
	decoder ingest.Decoder
	now     func() time.Time
	log     *slog.Logger
	metrics *metrics

	queue  chan *waiter
	coming atomic.Int64 // requests past their body and not in the queue yet

	stopping chan struct{} // closed by stop: drain the queue and end
	stopOnce sync.Once
	ended    chan struct{} // closed by the writer when it ends
}

// A writeStore is what the writer needs of a store.
type writeStore interface {
	store.Writer
	Prune(ctx context.Context, now time.Time) (more bool, err error)
}

// A waiter is a request that waits for the writer: for its events to be durable,
// or for a command to have run.
type waiter struct {
	events  []event.Event
	command func(context.Context) error // runs alone, between batches

	duplicates int
	done       chan error // buffered: the writer never waits for a client
}

// errStopping answers what arrives while the collector stops.
var errStopping = errors.New("the collector is stopping")

// ingest hands events to the writer and returns when they are durable. When
// ctx ends first, nobody waits for the answer any more; what was queued is
// saved all the same. It calls queued when the first of them are in the queue.
func (p *pipeline) ingest(ctx context.Context, events []event.Event, queued func()) (duplicates int, err error) {
	for start := 0; start < len(events); start += batchEvents {
		w := &waiter{events: events[start:min(start+batchEvents, len(events))], done: make(chan error, 1)}
		if err := p.wait(ctx, w, queued); err != nil {
			return duplicates, err
		}
		duplicates += w.duplicates
	}
	return duplicates, nil
}

// do runs a command in the writer, with a batch of its own.
func (p *pipeline) do(ctx context.Context, f func(context.Context, store.Tx) error) error {
	return p.wait(ctx, &waiter{done: make(chan error, 1), command: func(ctx context.Context) error {
		tx, err := p.store.Begin(ctx)
		if err != nil {
			return err
		}
		defer tx.Rollback()
		if err := f(ctx, tx); err != nil {
			return err
		}
		return tx.Commit(ctx)
	}}, func() {})
}

func (p *pipeline) wait(ctx context.Context, w *waiter, queued func()) error {
	select {
	case p.queue <- w:
		queued()
	case <-ctx.Done():
		return ctx.Err()
	case <-p.ended:
		return errStopping
	}
	select {
	case err := <-w.done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	case <-p.ended:
		// The writer may have answered with its last breath.
		select {
		case err := <-w.done:
			return err
		default:
			return errStopping
		}
	}
}

// pruneEvery is how often what is too old is forgotten.
const pruneEvery = time.Minute

// run is the writer. It ends when stop was called and the queue is empty.
func (p *pipeline) run() {
	defer close(p.ended)
	ctx := context.Background() // a batch is never given up halfway
	prune := time.NewTicker(pruneEvery)
	defer prune.Stop()
	for {
		select {
		case w := <-p.queue:
			p.batch(ctx, w)
		case <-prune.C:
			p.prune(ctx)
		case <-p.stopping:
			for {
				select {
				case w := <-p.queue:
					p.batch(ctx, w)
				default:
					return
				}
			}
		}
	}
}

func (p *pipeline) stop() {
	p.stopOnce.Do(func() { close(p.stopping) })
}

func (p *pipeline) prune(ctx context.Context) {
	more, err := p.store.Prune(ctx, p.now())
	for ; more && err == nil && len(p.queue) == 0; more, err = p.store.Prune(ctx, p.now()) {
	}
	if err != nil {
		p.log.Error("prune", "err", err)
	}
}

// batch collects waiters behind the first one and saves them together.
func (p *pipeline) batch(ctx context.Context, first *waiter) {
	for first != nil {
		if first.command != nil {
			first.done <- p.guarded(func() error { return first.command(ctx) })
			return
		}
		waiters, next := p.collect(first)
		p.save(ctx, waiters)
		first = next
	}
}

// collect takes what is in the queue, and waits a moment for requests that are
// about to be there. What does not fit is returned as next.
func (p *pipeline) collect(first *waiter) (waiters []*waiter, next *waiter) {
	waiters = []*waiter{first}
	n := len(first.events)
	var timeout <-chan time.Time
	for n < batchEvents {
		select {
		case w := <-p.queue:
			if w.command != nil || n+len(w.events) > batchEvents {
				return waiters, w
			}
			waiters = append(waiters, w)
			n += len(w.events)
			continue
		default:
		}
		if p.coming.Load() == 0 {
			return waiters, nil
		}
		if timeout == nil {
			timer := time.NewTimer(batchWait)
			defer timer.Stop()
			timeout = timer.C
		}
		select {
		case w := <-p.queue:
			if w.command != nil || n+len(w.events) > batchEvents {
				return waiters, w
			}
			waiters = append(waiters, w)
			n += len(w.events)
		case <-timeout:
			return waiters, nil
		}
	}
	return waiters, nil
}

// save commits waiters together. If that fails, each by itself: one event that
// cannot be saved must not take the others with it.
func (p *pipeline) save(ctx context.Context, waiters []*waiter) {
	err := p.saveTogether(ctx, waiters)
	if err == nil {
		return
	}
	if len(waiters) == 1 {
		p.log.Error("save events", "events", len(waiters[0].events), "err", err)
		waiters[0].done <- fmt.Errorf("save events: %w", err)
		return
	}
	for _, w := range waiters {
		p.save(ctx, []*waiter{w})
	}
}

func (p *pipeline) saveTogether(ctx context.Context, waiters []*waiter) error {
	events := waiters[0].events
	if len(waiters) > 1 {
		events = nil
		for _, w := range waiters {
			events = append(events, w.events...)
		}
	}
	start := time.Now()
	var duplicate []bool
	var changes []issue.Change
	err := p.guarded(func() (err error) {
		duplicate, changes, err = p.commit(ctx, events)
		return err
	})
	if err != nil {
		return err
	}
	p.metrics.committed(len(events), time.Since(start))
	for _, c := range changes {
		if c.Before != c.State.Status {
			p.log.Info("issue", "id", c.State.ID, "service", c.State.Key.Service, "title", c.State.Title, "before", c.Before, "status", c.State.Status)
		}
	}
	for _, w := range waiters {
		for range w.events {
			if duplicate[0] {
				w.duplicates++
			}
			duplicate = duplicate[1:]
		}
		w.done <- nil
	}
	return nil
}

// guarded turns a panic into an error: the writer must outlive an event that
// brings one of the stages down.
func (p *pipeline) guarded(f func() error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			p.metrics.panics.Inc()
			p.log.Error("panic in the writer", "value", fmt.Sprint(v), "stack", string(debug.Stack()))
			err = fmt.Errorf("panic in the writer: %v", v)
		}
	}()
	return f()
}
