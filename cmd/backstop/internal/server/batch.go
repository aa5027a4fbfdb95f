package server

import (
	"context"
	"slices"
	"time"

	"github.com/backstop-go/backstop/event"

	"github.com/backstop-go/backstop/cmd/backstop/internal/issue"
	"github.com/backstop-go/backstop/cmd/backstop/internal/store"
)

// A batch is the memory in which the events of one transaction meet each other
// and what the store remembers. It decides which events are new occurrences and
// which are further observations of known ones; only then is anything counted,
// so that what was joined within a batch was never counted twice.
type batch struct {
	entries   []*entry // what the store remembers first, then in order of arrival
	byID      map[string]*entry
	byProcess map[event.Process][]*entry // host left out, see event.Same
	dropped   map[string]uint64
}

// An entry is one occurrence.
type entry struct {
	order int
	saved *store.Occurrence // as in the store; nil when it is new
	now   *store.Occurrence // nil once it was merged into another one
	dirty bool
}

func newBatch(known []store.Occurrence) *batch {
	b := &batch{
		byID:      make(map[string]*entry),
		byProcess: make(map[event.Process][]*entry),
		dropped:   make(map[string]uint64),
	}
	slices.SortStableFunc(known, func(x, y store.Occurrence) int { return x.Received.Compare(y.Received) })
	for i := range known {
		now := known[i]
		b.insert(&entry{saved: &known[i], now: &now})
	}
	return b
}

func (b *batch) insert(n *entry) {
	n.order = len(b.entries)
	b.entries = append(b.entries, n)
	b.byID[n.now.Event.ID] = n
	for _, id := range n.now.Aliases {
		b.byID[id] = n
	}
	if p := n.now.Event.Process; p.PID != 0 {
		p.Host = ""
		b.byProcess[p] = append(b.byProcess[p], n)
	}
}

// add takes an event in and reports whether its occurrence was known already.
func (b *batch) add(e event.Event, received time.Time) (duplicate bool) {
	if n := b.byID[e.ID]; n != nil {
		b.again(n, e)
		return true
	}
	if e.Dropped > 0 {
		b.dropped[e.Service] += e.Dropped
	}
	n := b.match(&e)
	if n == nil {
		b.insert(&entry{now: &store.Occurrence{Event: e, Received: received, Issue: issue.KeyOf(&e), Whole: true}, dirty: true})
		return false
	}
	b.join(n, e, e.ID)
	b.settle(n)
	return true
}

// again handles an id that is known. A sender that repeats itself changes
// nothing; one that has learnt more does, unless the id is that of an
// observation which was merged and cannot be told apart any more.
func (b *batch) again(n *entry, e event.Event) {
	if e.ID != n.now.Event.ID {
		return
	}
	unseen := func(o event.Observer) bool { return !n.now.Event.Saw(o) }
	if e.Detail() <= n.now.Event.Detail() && !slices.ContainsFunc(e.Observers, unseen) {
		return
	}
	b.join(n, e, "")
	b.settle(n)
}

// match finds the occurrence that an event is another observation of: one that
// knows the same stack rather than one that knows none, and of several the
// nearest in time.
func (b *batch) match(e *event.Event) *entry {
	var best *entry
	for _, n := range b.ofProcess(e) {
		if n.now == nil || !event.Same(&n.now.Event, e) {
			continue
		}
		if best == nil || closer(e, n, best) {
			best = n
		}
	}
	return best
}

func (b *batch) ofProcess(e *event.Event) []*entry {
	p := e.Process
	p.Host = ""
	return b.byProcess[p]
}

func closer(e *event.Event, x, y *entry) bool {
	ex, ey := &x.now.Event, &y.now.Event
	if sx, sy := ex.StackHash == e.StackHash, ey.StackHash == e.StackHash; sx != sy {
		return sx
	}
	return ex.OccurredAt.Sub(e.OccurredAt).Abs() < ey.OccurredAt.Sub(e.OccurredAt).Abs()
}

// join merges an event into an occurrence, under an alias unless it is empty.
func (b *batch) join(n *entry, e event.Event, alias string) {
	now := *n.now
	now.Event = event.Merge(now.Event, e)
	if alias != "" {
		now.Aliases = append(slices.Clone(now.Aliases), alias)
		b.byID[alias] = n
	}
	if now.Event.Detail() > n.now.Event.Detail() {
		// It was counted by what little was known: the issue follows. The
		// richer observation is whole, whatever the store kept of the poorer.
		now.Issue = issue.KeyOf(&now.Event)
		now.Whole = true
	}
	n.now, n.dirty = &now, true
}

// settle joins occurrences that only the last merge showed to be one: a guard's
// panic and an exit status, once the monitor has said that the panic was the
// end. The earlier one goes on.
func (b *batch) settle(n *entry) {
	for {
		other := b.sameAs(n)
		if other == nil {
			return
		}
		into, from := n, other
		if other.order < n.order {
			into, from = other, n
		}
		gone := from.now
		b.join(into, gone.Event, gone.Event.ID)
		for _, id := range gone.Aliases {
			into.now.Aliases = append(into.now.Aliases, id)
			b.byID[id] = into
		}
		from.now, from.dirty = nil, true
		n = into
	}
}

func (b *batch) sameAs(n *entry) *entry {
	for _, other := range b.ofProcess(&n.now.Event) {
		if other != n && other.now != nil && event.Same(&n.now.Event, &other.now.Event) {
			return other
		}
	}
	return nil
}

// edits lists what changed, in order of arrival.
func (b *batch) edits() []store.Edit {
	var edits []store.Edit
	for _, n := range b.entries {
		if n.dirty && (n.saved != nil || n.now != nil) {
			edits = append(edits, store.Edit{Old: n.saved, New: n.now})
		}
	}
	return edits
}

// count applies edits to the states of their issues: first what is taken out,
// then what is put in.
func count(ctx context.Context, tx store.Tx, edits []store.Edit) (states []issue.State, changes []issue.Change, err error) {
	all, err := tx.States(ctx, keysOf(edits))
	if err != nil {
		return nil, nil, err
	}
	if err := withdraw(ctx, tx, edits, all); err != nil {
		return nil, nil, err
	}
	touched := make(map[issue.Key]bool)
	for _, e := range edits {
		if e.Old != nil {
			touched[e.Old.Issue] = true
		}
		switch {
		case e.New == nil:
			continue
		case moved(e):
			s, c := issue.Apply(all[e.New.Issue], &e.New.Event)
			s.Key = e.New.Issue
			c.State.Key = s.Key
			all[s.Key] = s
			changes = append(changes, c)
		default:
			all[e.New.Issue] = issue.Amend(all[e.New.Issue], &e.New.Event)
		}
		touched[e.New.Issue] = true
	}
	for key := range touched {
		states = append(states, all[key])
	}
	// The ids of new issues follow the order of arrival.
	slices.SortFunc(states, func(x, y issue.State) int { return x.FirstSeen.Compare(y.FirstSeen) })
	return states, changes, nil
}

// moved reports whether an edit counts an event where it was not counted.
func moved(e store.Edit) bool { return e.Old == nil || e.New.Issue != e.Old.Issue }

func keysOf(edits []store.Edit) []issue.Key {
	seen := make(map[issue.Key]bool)
	var keys []issue.Key
	add := func(k issue.Key) {
		if !seen[k] {
			seen[k] = true
			keys = append(keys, k)
		}
	}
	for _, e := range edits {
		if e.Old != nil {
			add(e.Old.Issue)
		}
		if e.New != nil {
			add(e.New.Issue)
		}
	}
	return keys
}

// withdraw takes what was counted wrongly out of its issues.
func withdraw(ctx context.Context, tx store.Tx, edits []store.Edit, all map[issue.Key]issue.State) error {
	out := make(map[issue.Key][]string)
	for _, e := range edits {
		if e.Old != nil && (e.New == nil || moved(e)) {
			out[e.Old.Issue] = append(out[e.Old.Issue], e.Old.Event.ID)
		}
	}
	for key, ids := range out {
		s := all[key]
		rest, err := tx.Rest(ctx, s.ID, ids)
		if err != nil {
			return err
		}
		for range ids {
			s = issue.Withdraw(s, rest)
		}
		all[key] = s
	}
	return nil
}
