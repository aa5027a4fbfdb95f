package sqlite

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/backstop-go/backstop/crash"
	"github.com/backstop-go/backstop/event"

	"github.com/backstop-go/backstop/cmd/backstop/internal/issue"
	"github.com/backstop-go/backstop/cmd/backstop/internal/store"
)

func (t *tx) Save(ctx context.Context, c store.Changes) error {
	if err := t.saveServices(ctx, c); err != nil {
		return fmt.Errorf("save services: %w", err)
	}
	ids, gone, err := t.saveStates(ctx, c.States)
	if err != nil {
		return fmt.Errorf("save issues: %w", err)
	}
	var d deltas
	for _, e := range c.Edits {
		if e.New != nil {
			if id := ids[e.New.Issue]; id != 0 {
				e.New.IssueID = id
			}
		}
		if e.Old != nil {
			d.count(e.Old, -1)
		}
		if e.New != nil {
			d.count(e.New, +1)
		}
	}
	if err := t.saveDeltas(ctx, &d, gone); err != nil {
		return fmt.Errorf("save counts: %w", err)
	}
	if err := t.saveOccurrences(ctx, c.Edits); err != nil {
		return fmt.Errorf("save occurrences: %w", err)
	}
	if err := t.saveSamples(ctx, c.Edits); err != nil {
		return fmt.Errorf("save samples: %w", err)
	}
	for id := range gone {
		if _, err := t.exec(ctx, `DELETE FROM issue WHERE id = ?`, id); err != nil {
			return fmt.Errorf("delete issue: %w", err)
		}
	}
	return nil
}

// An activity is what a batch tells about a service.
type activity struct {
	at           time.Time // last receipt
	release      string
	environments map[string]bool
}

func (t *tx) saveServices(ctx context.Context, c store.Changes) error {
	active := map[string]*activity{}
	for _, e := range c.Edits {
		if e.New == nil {
			continue
		}
		a := active[e.New.Event.Service]
		if a == nil {
			a = &activity{environments: map[string]bool{}}
			active[e.New.Event.Service] = a
		}
		a.environments[e.New.Event.Environment] = true
		if !e.New.Received.Before(a.at) {
			a.at, a.release = e.New.Received, e.New.Event.Release
		}
	}
	for name, a := range active {
		id, err := t.touchService(ctx, name, a.release, a.at)
		if err != nil {
			return err
		}
		for env := range a.environments {
			if err := t.touchEnvironment(ctx, id, env); err != nil {
				return err
			}
		}
	}
	for name, n := range c.Dropped {
		if _, err := t.exec(ctx, `UPDATE service SET dropped = dropped + ? WHERE name = ?`, int64(min(n, 1<<53)), name); err != nil {
			return err
		}
	}
	return nil
}

// touchService makes a service known and returns its id.
func (t *tx) touchService(ctx context.Context, name, release string, at time.Time) (int64, error) {
	us := micros(at)
	id, known := t.db.services[name]
	if known {
		_, err := t.exec(ctx, `UPDATE service SET last_seen = max(last_seen, ?), last_release = ? WHERE id = ?`, us, release, id)
		return id, err
	}
	err := t.one(ctx, `INSERT INTO service (name, first_seen, last_seen, last_release) VALUES (?, ?, ?, ?)
		ON CONFLICT (name) DO UPDATE SET last_seen = max(last_seen, excluded.last_seen), last_release = excluded.last_release
		RETURNING id`, []any{name, us, us, release}, &id)
	if err == nil {
		t.db.services[name] = id
	}
	return id, err
}

// serviceID returns the id of a service that exists.
func (t *tx) serviceID(ctx context.Context, name string) (int64, error) {
	if id, known := t.db.services[name]; known {
		return id, nil
	}
	var id int64
	if err := t.one(ctx, `SELECT id FROM service WHERE name = ?`, []any{name}, &id); err != nil {
		return 0, fmt.Errorf("find service: %w", err)
	}
	t.db.services[name] = id
	return id, nil
}

func (t *tx) touchEnvironment(ctx context.Context, service int64, env string) error {
	_, err := t.exec(ctx, `INSERT INTO service_environment (service_id, environment) VALUES (?, ?) ON CONFLICT DO NOTHING`, service, env)
	return err
}

func (t *tx) Announce(ctx context.Context, h event.Hello, now time.Time) error {
	id, err := t.touchService(ctx, h.Service, h.Release, now)
	if err == nil {
		err = t.touchEnvironment(ctx, id, h.Environment)
	}
	if err != nil {
		return fmt.Errorf("announce service: %w", err)
	}
	return nil
}

// saveStates writes the issues and returns their ids, and those that no event
// is left of.
func (t *tx) saveStates(ctx context.Context, states []issue.State) (ids map[issue.Key]int64, gone map[int64]bool, err error) {
	ids, gone = make(map[issue.Key]int64, len(states)), map[int64]bool{}
	for i := range states {
		s := &states[i]
		switch {
		case s.Count == 0:
			gone[s.ID] = true
			continue
		case s.ID == 0:
			var service int64
			if service, err = t.serviceID(ctx, s.Key.Service); err != nil {
				return nil, nil, err
			}
			err = t.one(ctx, `INSERT INTO issue (service_id, fingerprint, algorithm, class, title, culprit, status, count,
				first_seen, last_seen, first_release, last_release, resolved_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id`,
				[]any{
					service, s.Key.Fingerprint, s.Algorithm, string(s.Class), s.Title, s.Culprit, string(s.Status), s.Count,
					micros(s.FirstSeen), micros(s.LastSeen), s.FirstRelease, s.LastRelease, micros(s.ResolvedAt),
				}, &s.ID)
		default:
			_, err = t.exec(ctx, `UPDATE issue SET algorithm = ?, class = ?, title = ?, culprit = ?, status = ?, count = ?,
				first_seen = ?, last_seen = ?, first_release = ?, last_release = ?, resolved_at = ? WHERE id = ?`,
				s.Algorithm, string(s.Class), s.Title, s.Culprit, string(s.Status), s.Count,
				micros(s.FirstSeen), micros(s.LastSeen), s.FirstRelease, s.LastRelease, micros(s.ResolvedAt), s.ID)
		}
		if err != nil {
			return nil, nil, err
		}
		ids[s.Key] = s.ID
	}
	return ids, gone, nil
}

// deltas is by how much each counter changes.
type deltas struct {
	release  map[releaseKey]*releaseDelta
	instance map[instanceKey]int64
	minute   map[minuteKey]int64
	service  map[serviceMinute]int64
	kind     map[kindKey]int64
}

type (
	releaseKey struct {
		issue                int64
		release, environment string
	}
	releaseDelta struct {
		n           int64
		first, last time.Time
	}
	instanceKey struct {
		issue    int64
		instance string
	}
	minuteKey struct {
		issue, minute        int64
		environment, release string
	}
	serviceMinute struct {
		service string
		minute  int64
	}
	kindKey struct {
		service, environment string
		kind                 crash.Kind
	}
)

func (d *deltas) count(o *store.Occurrence, n int64) {
	if d.release == nil {
		*d = deltas{map[releaseKey]*releaseDelta{}, map[instanceKey]int64{}, map[minuteKey]int64{}, map[serviceMinute]int64{}, map[kindKey]int64{}}
	}
	e := &o.Event
	rk := releaseKey{o.IssueID, e.Release, e.Environment}
	r := d.release[rk]
	if r == nil {
		r = &releaseDelta{first: e.OccurredAt, last: e.OccurredAt}
		d.release[rk] = r
	}
	r.n += n
	if e.OccurredAt.Before(r.first) {
		r.first = e.OccurredAt
	}
	if e.OccurredAt.After(r.last) {
		r.last = e.OccurredAt
	}
	minute := minuteOf(e.OccurredAt)
	d.instance[instanceKey{o.IssueID, e.Instance}] += n
	d.minute[minuteKey{o.IssueID, minute, e.Environment, e.Release}] += n
	d.service[serviceMinute{o.Issue.Service, minute}] += n
	d.kind[kindKey{o.Issue.Service, e.Environment, e.Report.Kind}] += n
}

// saveDeltas adds them up. Issues that are gone take their rows with them.
func (t *tx) saveDeltas(ctx context.Context, d *deltas, gone map[int64]bool) error {
	for k, r := range d.release {
		if r.n == 0 || gone[k.issue] {
			continue
		}
		if _, err := t.exec(ctx, `INSERT INTO issue_release (issue_id, release, environment, count, first_seen, last_seen) VALUES (?, ?, ?, ?, ?, ?)
			ON CONFLICT DO UPDATE SET count = count + excluded.count, first_seen = min(first_seen, excluded.first_seen), last_seen = max(last_seen, excluded.last_seen)`,
			k.issue, k.release, k.environment, r.n, micros(r.first), micros(r.last)); err != nil {
			return err
		}
		if err := t.dropZero(ctx, r.n, `DELETE FROM issue_release WHERE issue_id = ? AND count = 0`, k.issue); err != nil {
			return err
		}
	}
	for k, n := range d.instance {
		if n == 0 || gone[k.issue] {
			continue
		}
		if _, err := t.exec(ctx, `INSERT INTO issue_instance (issue_id, instance, count) VALUES (?, ?, ?)
			ON CONFLICT DO UPDATE SET count = count + excluded.count`, k.issue, k.instance, n); err != nil {
			return err
		}
		if err := t.dropZero(ctx, n, `DELETE FROM issue_instance WHERE issue_id = ? AND count = 0`, k.issue); err != nil {
			return err
		}
	}
	for k, n := range d.minute {
		if n == 0 || gone[k.issue] {
			continue
		}
		if _, err := t.exec(ctx, `INSERT INTO issue_minute (issue_id, minute, environment, release, count) VALUES (?, ?, ?, ?, ?)
			ON CONFLICT DO UPDATE SET count = count + excluded.count`, k.issue, k.minute, k.environment, k.release, n); err != nil {
			return err
		}
		if err := t.dropZero(ctx, n, `DELETE FROM issue_minute WHERE issue_id = ? AND count <= 0`, k.issue); err != nil {
			return err
		}
	}
	return t.saveServiceDeltas(ctx, d)
}

func (t *tx) saveServiceDeltas(ctx context.Context, d *deltas) error {
	for k, n := range d.service {
		if n == 0 {
			continue
		}
		id, err := t.serviceID(ctx, k.service)
		if err != nil {
			return err
		}
		if _, err := t.exec(ctx, `INSERT INTO service_minute (service_id, minute, count) VALUES (?, ?, ?)
			ON CONFLICT DO UPDATE SET count = count + excluded.count`, id, k.minute, n); err != nil {
			return err
		}
	}
	for k, n := range d.kind {
		if n == 0 {
			continue
		}
		id, err := t.serviceID(ctx, k.service)
		if err != nil {
			return err
		}
		if _, err := t.exec(ctx, `INSERT INTO counter (service_id, environment, kind, events, peak) VALUES (?1, ?2, ?3, ?4, ?4)
			ON CONFLICT DO UPDATE SET events = events + excluded.events, peak = max(peak, events + excluded.events)`,
			id, k.environment, string(k.kind), n); err != nil {
			return err
		}
	}
	return nil
}

func (t *tx) dropZero(ctx context.Context, n int64, query string, issueID int64) error {
	if n > 0 {
		return nil
	}
	_, err := t.exec(ctx, query, issueID)
	return err
}

// saveOccurrences keeps the index of recent occurrences.
func (t *tx) saveOccurrences(ctx context.Context, edits []store.Edit) error {
	processes := map[event.Process]int64{}
	for _, e := range edits {
		var err error
		if e.New == nil {
			_, err = t.exec(ctx, `DELETE FROM occurrence WHERE event_id = ?`, idBytes(e.Old.Event.ID))
		} else {
			err = t.saveOccurrence(ctx, e.New, processes)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (t *tx) saveOccurrence(ctx context.Context, o *store.Occurrence, processes map[event.Process]int64) error {
	e := &o.Event
	var process any
	if e.Process.PID != 0 {
		id, known := processes[e.Process]
		if !known {
			err := t.one(ctx, `INSERT INTO process (pid, start, boot_id, host) VALUES (?, ?, ?, ?)
				ON CONFLICT DO UPDATE SET host = excluded.host RETURNING id`,
				[]any{e.Process.PID, int64(e.Process.Start), e.Process.BootID, e.Process.Host}, &id)
			if err != nil {
				return err
			}
			processes[e.Process] = id
		}
		process = id
	}
	exit := ""
	if e.Exit != nil {
		b, err := json.Marshal(e.Exit)
		if err != nil {
			return err
		}
		exit = string(b)
	}
	_, err := t.exec(ctx, `INSERT INTO occurrence (event_id, issue_id, process_id, goroutine, stack_hash, at, occurred_at, received_at,
			observers, terminal, recovered, kind, class, has_message, exit, environment, release, instance)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (event_id) DO UPDATE SET issue_id = excluded.issue_id, process_id = excluded.process_id,
			goroutine = excluded.goroutine, stack_hash = excluded.stack_hash, at = excluded.at, occurred_at = excluded.occurred_at,
			observers = excluded.observers, terminal = excluded.terminal, recovered = excluded.recovered, kind = excluded.kind,
			class = excluded.class, has_message = excluded.has_message, exit = excluded.exit, environment = excluded.environment,
			release = excluded.release, instance = excluded.instance`,
		idBytes(e.ID), o.IssueID, process, e.GoroutineID, e.StackHash, micros(hostTime(e)), micros(e.OccurredAt), micros(o.Received),
		joinObservers(e.Observers), e.Terminal(), e.Report.Recovered, string(e.Report.Kind), string(e.Class), e.Report.HasMessage,
		exit, e.Environment, e.Release, e.Instance)
	if err != nil {
		return err
	}
	for _, alias := range o.Aliases {
		if _, err := t.exec(ctx, `INSERT INTO alias (event_id, occurrence)
			SELECT ?, seq FROM occurrence WHERE event_id = ? ON CONFLICT DO UPDATE SET occurrence = excluded.occurrence`,
			idBytes(alias), idBytes(e.ID)); err != nil {
			return err
		}
	}
	return nil
}
