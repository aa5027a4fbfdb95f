package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/backstop-go/backstop/crash"
	"github.com/backstop-go/backstop/event"

	"github.com/backstop-go/backstop/cmd/backstop/internal/issue"
	"github.com/backstop-go/backstop/cmd/backstop/internal/store"
)

// Rows of one answer are bounded, whatever is asked for.
const (
	maxIssues    = 1000
	maxInstances = 50
	maxMinutes   = 31 * 24 * 60
)

// statusNow is the status of an issue now: being new wears off by itself. Its
// parameter is the time before which an issue first seen is no longer new.
const statusNow = `CASE WHEN i.status = 'new' AND i.first_seen <= ? THEN 'ongoing' ELSE i.status END`

const environmentsOf = `(SELECT json_group_array(DISTINCT r.environment) FROM issue_release r WHERE r.issue_id = i.id)`

// Issues implements store.Reader.
func (db *DB) Issues(ctx context.Context, f store.IssueFilter) ([]store.Issue, error) {
	newSince := micros(db.opts.Now().Add(-issue.NewFor))
	where, args := []string{"1"}, []any{}
	if f.Service != "" {
		where, args = append(where, "s.name = ?"), append(args, f.Service)
	}
	if f.Status != "" {
		where, args = append(where, statusNow+" = ?"), append(args, newSince, string(f.Status))
	}
	switch {
	case strings.HasSuffix(f.Class, "."):
		where, args = append(where, "substr(i.class, 1, ?) = ?"), append(args, len(f.Class), f.Class)
	case f.Class != "":
		where, args = append(where, "i.class = ?"), append(args, f.Class)
	}
	limit := 50
	if f.Limit > 0 {
		limit = min(f.Limit, maxIssues)
	}
	args = append(args, limit, max(f.Offset, 0))
	rows, err := db.read.QueryContext(ctx, `SELECT `+stateColumns+`, `+environmentsOf+`
		FROM issue i JOIN service s ON s.id = i.service_id WHERE `+strings.Join(where, " AND ")+`
		ORDER BY i.last_seen DESC, i.id DESC LIMIT ? OFFSET ?`, args...)
	if err != nil {
		return nil, fmt.Errorf("list issues: %w", err)
	}
	list := []store.Issue{}
	err = eachRow(rows, func(rows *sql.Rows) error {
		i, err := db.scanIssue(rows.Scan)
		list = append(list, i)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list issues: %w", err)
	}
	return list, nil
}

func (db *DB) scanIssue(scan func(...any) error) (store.Issue, error) {
	var envs string
	s, err := scanState(scan, &envs)
	if err != nil {
		return store.Issue{}, err
	}
	s.Status = s.At(db.opts.Now())
	i := store.Issue{State: s}
	i.Environments, err = stringList(envs)
	return i, err
}

// stringList reads what json_group_array wrote, sorted.
func stringList(s string) ([]string, error) {
	list := []string{}
	err := json.Unmarshal([]byte(s), &list)
	slices.Sort(list)
	return list, err
}

// Issue implements store.Reader.
func (db *DB) Issue(ctx context.Context, id int64) (store.IssueDetail, error) {
	// One transaction, so that counts and lists are of the same moment.
	t, err := db.read.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return store.IssueDetail{}, fmt.Errorf("read issue: %w", err)
	}
	defer func() { _ = t.Rollback() }() // it only read
	var d store.IssueDetail
	d.Issue, err = db.scanIssue(t.QueryRowContext(ctx, `SELECT `+stateColumns+`, `+environmentsOf+`
		FROM issue i JOIN service s ON s.id = i.service_id WHERE i.id = ?`, id).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return store.IssueDetail{}, store.ErrNotFound
	}
	if err == nil {
		d.Releases, err = releases(ctx, t, id)
	}
	if err == nil {
		d.Instances, err = instances(ctx, t, id)
	}
	if err == nil {
		d.Samples, err = samples(ctx, t, id)
	}
	if err != nil {
		return store.IssueDetail{}, fmt.Errorf("read issue: %w", err)
	}
	return d, nil
}

func releases(ctx context.Context, t *sql.Tx, id int64) ([]store.ReleaseCount, error) {
	rows, err := t.QueryContext(ctx, `SELECT release, sum(count), min(first_seen), max(last_seen) FROM issue_release
		WHERE issue_id = ? GROUP BY release ORDER BY max(last_seen) DESC, release`, id)
	if err != nil {
		return nil, err
	}
	list := []store.ReleaseCount{}
	return list, eachRow(rows, func(rows *sql.Rows) error {
		var r store.ReleaseCount
		var first, last int64
		err := rows.Scan(&r.Release, &r.Count, &first, &last)
		r.FirstSeen, r.LastSeen = fromMicros(first), fromMicros(last)
		list = append(list, r)
		return err
	})
}

func instances(ctx context.Context, t *sql.Tx, id int64) ([]store.InstanceCount, error) {
	rows, err := t.QueryContext(ctx, `SELECT instance, count FROM issue_instance WHERE issue_id = ?
		ORDER BY count DESC, instance LIMIT ?`, id, maxInstances)
	if err != nil {
		return nil, err
	}
	list := []store.InstanceCount{}
	return list, eachRow(rows, func(rows *sql.Rows) error {
		var i store.InstanceCount
		err := rows.Scan(&i.Instance, &i.Count)
		list = append(list, i)
		return err
	})
}

func samples(ctx context.Context, t *sql.Tx, id int64) ([]store.Sample, error) {
	rows, err := t.QueryContext(ctx, `SELECT lower(hex(event_id)), occurred_at, received_at, release, instance, observers, request
		FROM sample WHERE issue_id = ? ORDER BY occurred_at DESC, seq DESC`, id)
	if err != nil {
		return nil, err
	}
	list := []store.Sample{}
	return list, eachRow(rows, func(rows *sql.Rows) error {
		var s store.Sample
		var occurred, received int64
		var observers, request string
		err := rows.Scan(&s.EventID, &occurred, &received, &s.Release, &s.Instance, &observers, &request)
		s.OccurredAt, s.ReceivedAt = fromMicros(occurred), fromMicros(received)
		s.Observers = splitObservers(observers)
		if err == nil && request != "" {
			err = json.Unmarshal([]byte(request), &s.Request)
		}
		list = append(list, s)
		return err
	})
}

// Event implements store.Reader. The id may be that of an observation that was merged.
func (db *DB) Event(ctx context.Context, id string) (event.Event, int64, error) {
	key := idBytes(strings.ToLower(strings.ReplaceAll(id, "-", "")))
	const query = `SELECT issue_id, body FROM sample WHERE event_id = ?1
		UNION ALL SELECT s.issue_id, s.body FROM alias a JOIN occurrence o ON o.seq = a.occurrence
		JOIN sample s ON s.event_id = o.event_id WHERE a.event_id = ?1 LIMIT 1`
	var issueID int64
	var body []byte
	err := db.read.QueryRowContext(ctx, query, key).Scan(&issueID, &body)
	if errors.Is(err, sql.ErrNoRows) {
		return event.Event{}, 0, store.ErrNotFound
	}
	if err != nil {
		return event.Event{}, 0, fmt.Errorf("read event: %w", err)
	}
	e, err := db.unpack(body)
	return e, issueID, err
}

// Services implements store.Reader.
func (db *DB) Services(ctx context.Context) ([]store.Service, error) {
	rows, err := db.read.QueryContext(ctx, `SELECT s.name, s.first_seen, s.last_seen, s.last_release, s.dropped,
		(SELECT json_group_array(environment) FROM service_environment e WHERE e.service_id = s.id),
		(SELECT COALESCE(sum(events), 0) FROM counter c WHERE c.service_id = s.id),
		(SELECT count(*) FROM issue i WHERE i.service_id = s.id AND i.status <> 'resolved')
		FROM service s ORDER BY s.name`)
	if err != nil {
		return nil, fmt.Errorf("list services: %w", err)
	}
	list := []store.Service{}
	err = eachRow(rows, func(rows *sql.Rows) error {
		var s store.Service
		var first, last int64
		var envs string
		err := rows.Scan(&s.Name, &first, &last, &s.LastRelease, &s.Dropped, &envs, &s.Events, &s.OpenIssues)
		if err != nil {
			return err
		}
		s.FirstSeen, s.LastSeen = fromMicros(first), fromMicros(last)
		s.Environments, err = stringList(envs)
		list = append(list, s)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list services: %w", err)
	}
	return list, nil
}

// Rate implements store.Reader. Minutes are kept for Options.MinutesFor.
func (db *DB) Rate(ctx context.Context, service string, from, to time.Time) ([]store.Point, error) {
	if service == "" {
		return db.rate(ctx, from, to, `SELECT minute, sum(count) FROM service_minute WHERE minute >= ? AND minute < ? GROUP BY minute`)
	}
	return db.rate(ctx, from, to, `SELECT minute, count FROM service_minute WHERE minute >= ? AND minute < ?
		AND service_id = (SELECT id FROM service WHERE name = ?)`, service)
}

// IssueRate implements store.Reader.
func (db *DB) IssueRate(ctx context.Context, id int64, from, to time.Time) ([]store.Point, error) {
	return db.rate(ctx, from, to, `SELECT minute, sum(count) FROM issue_minute WHERE minute >= ? AND minute < ?
		AND issue_id = ? GROUP BY minute`, id)
}

// rate fills in the minutes without events. A part of a minute at either end
// counts as the whole minute.
func (db *DB) rate(ctx context.Context, from, to time.Time, query string, args ...any) ([]store.Point, error) {
	first, end := minuteOf(from), minuteOf(to.Add(time.Minute-1))
	if end-first > maxMinutes {
		first = end - maxMinutes
	}
	points := []store.Point{}
	for m := first; m < end; m++ {
		points = append(points, store.Point{Minute: time.Unix(m*60, 0).UTC()})
	}
	rows, err := db.read.QueryContext(ctx, query, append([]any{first, end}, args...)...)
	if err != nil {
		return nil, fmt.Errorf("read rate: %w", err)
	}
	err = eachRow(rows, func(rows *sql.Rows) error {
		var minute, n int64
		err := rows.Scan(&minute, &n)
		if err == nil {
			points[minute-first].Count = n
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read rate: %w", err)
	}
	return points, nil
}

// Counters implements store.Reader.
func (db *DB) Counters(ctx context.Context) ([]store.Counter, error) {
	rows, err := db.read.QueryContext(ctx, `SELECT s.name, e.environment, COALESCE(c.kind, ''), COALESCE(c.events, 0), COALESCE(c.peak, 0)
		FROM service s JOIN service_environment e ON e.service_id = s.id
		LEFT JOIN counter c ON c.service_id = s.id AND c.environment = e.environment
		ORDER BY s.name, e.environment`)
	if err != nil {
		return nil, fmt.Errorf("read counters: %w", err)
	}
	list := []store.Counter{}
	kinds := crash.Kinds()
	err = eachRow(rows, func(rows *sql.Rows) error {
		var c store.Counter
		if err := rows.Scan(&c.Service, &c.Environment, &c.Kind, &c.Count, &c.Peak); err != nil {
			return err
		}
		if n := len(list); n == 0 || list[n-1].Service != c.Service || list[n-1].Environment != c.Environment {
			for _, k := range kinds {
				list = append(list, store.Counter{Service: c.Service, Environment: c.Environment, Kind: k})
			}
		}
		if i := slices.Index(kinds, c.Kind); i >= 0 {
			list[len(list)-len(kinds)+i] = c
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read counters: %w", err)
	}
	return list, nil
}
