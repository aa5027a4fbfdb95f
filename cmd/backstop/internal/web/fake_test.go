package web

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/backstop-go/backstop/crash"
	"github.com/backstop-go/backstop/event"

	"github.com/backstop-go/backstop/cmd/backstop/internal/issue"
	"github.com/backstop-go/backstop/cmd/backstop/internal/store"
)

// memory is a store.Reader over slices. It keeps what a test puts into it as it
// is, however hostile; the real store is tested next to it in real_test.go.
type memory struct {
	issues   []store.IssueDetail
	events   map[string]event.Event
	owner    map[string]int64
	services []store.Service
	points   []store.Point
	err      error // returned by every method when set
}

func (m *memory) Issues(_ context.Context, f store.IssueFilter) ([]store.Issue, error) {
	var out []store.Issue
	for _, i := range m.issues {
		class := string(i.Class)
		if f.Service != "" && i.Key.Service != f.Service || f.Status != "" && i.Status != f.Status ||
			f.Class != "" && class != f.Class && (!strings.HasSuffix(f.Class, ".") || !strings.HasPrefix(class, f.Class)) {
			continue
		}
		out = append(out, i.Issue)
	}
	slices.SortStableFunc(out, func(a, b store.Issue) int { return b.LastSeen.Compare(a.LastSeen) })
	out = out[min(f.Offset, len(out)):]
	limit := f.Limit
	if limit == 0 {
		limit = 50
	}
	return out[:min(limit, len(out))], m.err
}

func (m *memory) Issue(_ context.Context, id int64) (store.IssueDetail, error) {
	for _, i := range m.issues {
		if i.ID == id {
			return i, m.err
		}
	}
	return store.IssueDetail{}, store.ErrNotFound
}

func (m *memory) Event(_ context.Context, id string) (event.Event, int64, error) {
	e, ok := m.events[id]
	if !ok {
		return event.Event{}, 0, store.ErrNotFound
	}
	return e, m.owner[id], m.err
}

func (m *memory) Services(context.Context) ([]store.Service, error) { return m.services, m.err }

func (m *memory) Rate(_ context.Context, service string, from, to time.Time) ([]store.Point, error) {
	if service != "" && len(m.services) > 0 && service != m.services[0].Name {
		return nil, m.err
	}
	return m.between(from, to), m.err
}

func (m *memory) IssueRate(_ context.Context, _ int64, from, to time.Time) ([]store.Point, error) {
	return m.between(from, to), m.err
}

func (m *memory) between(from, to time.Time) []store.Point {
	var out []store.Point
	for _, p := range m.points {
		if !p.Minute.Before(from) && p.Minute.Before(to) {
			out = append(out, p)
		}
	}
	return out
}

func (m *memory) Counters(context.Context) ([]store.Counter, error) { return nil, m.err }

// add makes an issue of one event, as the collector would.
func (m *memory) add(e event.Event, status issue.Status, count int64, first time.Time) int64 {
	if m.events == nil {
		m.events, m.owner = map[string]event.Event{}, map[string]int64{}
	}
	id := int64(len(m.issues) + 1)
	m.events[e.ID], m.owner[e.ID] = e, id
	d := store.IssueDetail{Issue: store.Issue{State: issue.State{
		ID: id, Key: issue.Key{Service: e.Service, Fingerprint: "v1:5f0c2e9b7a41d863"}, Algorithm: 1, Class: e.Class,
		Title: titleOf(&e), Status: status, Count: count, FirstSeen: first, LastSeen: e.OccurredAt,
		FirstRelease: e.Release, LastRelease: e.Release,
	}, Environments: []string{e.Environment}}}
	if e.Report != nil {
		if f := e.Report.FirstAppFrame(); f != nil {
			d.Culprit = f.Func
		}
	}
	d.Releases = []store.ReleaseCount{{Release: e.Release, Count: count, FirstSeen: first, LastSeen: e.OccurredAt}}
	d.Instances = []store.InstanceCount{{Instance: e.Instance, Count: count}}
	d.Samples = []store.Sample{{
		EventID: e.ID, OccurredAt: e.OccurredAt, ReceivedAt: e.OccurredAt, Release: e.Release,
		Instance: e.Instance, Observers: e.Observers, Request: e.Request,
	}}
	m.issues = append(m.issues, d)
	return id
}

func titleOf(e *event.Event) string {
	if e.Message != nil {
		return *e.Message
	}
	if t := crash.Explain(e.Class).Title; t != "" {
		return t
	}
	return string(e.Class)
}
