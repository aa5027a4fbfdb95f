package server

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/backstop-go/backstop/event"

	"github.com/backstop-go/backstop/cmd/backstop/internal/ingest"
	"github.com/backstop-go/backstop/cmd/backstop/internal/store"
)

// A flakyStore is a real store whose batches fail when they hold certain events,
// and that can be held up.
type flakyStore struct {
	writeStore
	begun atomic.Int64
	hold  chan struct{} // each Begin takes one, when not nil
}

func (s *flakyStore) Begin(ctx context.Context) (store.Tx, error) {
	if s.hold != nil {
		<-s.hold
	}
	s.begun.Add(1)
	tx, err := s.writeStore.Begin(ctx)
	return &flakyTx{tx}, err
}

type flakyTx struct{ store.Tx }

var errFlaky = errors.New("cannot be saved")

func (t *flakyTx) Save(ctx context.Context, c store.Changes) error {
	for _, e := range c.Edits {
		switch e.New.Event.Release {
		case "fails":
			return errFlaky
		case "panics":
			panic("a stage has a bug")
		}
	}
	return t.Tx.Save(ctx, c)
}

func guarded(goroutine int64, release string) []event.Event {
	e := observe(event.Guard, goroutine, func(e *event.Event) { e.Release = release })
	ingest.Normalise(&e, time.Now())
	return []event.Event{e}
}

// One event that cannot be saved, or that brings a stage down, costs itself and
// nobody else's, although they were in one batch.
func TestPoisonedEventIsAlone(t *testing.T) {
	a := start(t, Options{})
	flaky := &flakyStore{writeStore: a.db, hold: make(chan struct{})}
	p := a.pipelineOn(flaky)
	var running, senders sync.WaitGroup
	running.Go(p.run)
	defer running.Wait()
	defer p.stop()

	releases := []string{"v1", "fails", "v1", "panics", "v1"}
	errs := make([]error, len(releases))
	for i, release := range releases {
		senders.Go(func() { _, errs[i] = p.ingest(t.Context(), guarded(int64(i), release), func() {}) })
	}
	close(flaky.hold)
	senders.Wait()
	for i, release := range releases {
		if bad := release != "v1"; (errs[i] != nil) != bad {
			t.Errorf("%s: error %v", release, errs[i])
		}
	}
	wantConsistent(t, a, 3)
}

// Requests that arrive while a batch is being written are the next batch.
func TestGroupCommit(t *testing.T) {
	a := start(t, Options{})
	flaky := &flakyStore{writeStore: a.db, hold: make(chan struct{})}
	p := a.pipelineOn(flaky)
	var running, senders sync.WaitGroup
	running.Go(p.run)
	defer running.Wait()
	defer p.stop()

	const n = 40
	send := func(i int) {
		senders.Go(func() {
			if _, err := p.ingest(t.Context(), guarded(int64(i), "v1"), func() {}); err != nil {
				t.Error(err)
			}
		})
	}
	send(0)
	deadline := time.Now().Add(10 * time.Second)
	for i := 1; i < n; i++ {
		send(i)
	}
	for len(p.queue) < n-20 && time.Now().Before(deadline) { // most wait behind the first
		time.Sleep(time.Millisecond)
	}
	close(flaky.hold)
	senders.Wait()
	if got := flaky.begun.Load(); got > n/2 {
		t.Errorf("%d events took %d transactions", n, got)
	}
	wantConsistent(t, a, n)
}

// A client that gives up is not waited for, and its event is saved all the same.
func TestImpatientClient(t *testing.T) {
	a := start(t, Options{})
	flaky := &flakyStore{writeStore: a.db, hold: make(chan struct{})}
	p := a.pipelineOn(flaky)
	var running sync.WaitGroup
	running.Go(p.run)
	ctx, cancel := context.WithCancel(t.Context())
	if _, err := p.ingest(ctx, guarded(1, "v1"), cancel); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	close(flaky.hold)
	p.stop()
	running.Wait()
	wantConsistent(t, a, 1)
	if _, err := p.ingest(t.Context(), guarded(2, "v1"), func() {}); !errors.Is(err, errStopping) {
		t.Errorf("after the end: %v", err)
	}
}
