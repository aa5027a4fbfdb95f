package sqlite

import (
	"context"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/backstop-go/backstop/crash"
	"github.com/backstop-go/backstop/event"

	"github.com/backstop-go/backstop/cmd/backstop/internal/issue"
	"github.com/backstop-go/backstop/cmd/backstop/internal/store"
)

// A tx is one batch of the writer, on its own connection.
type tx struct {
	db   *DB
	done bool
}

// Begin opens a batch.
func (db *DB) Begin(ctx context.Context) (store.Tx, error) {
	t := &tx{db: db}
	if _, err := t.exec(ctx, "BEGIN IMMEDIATE"); err != nil {
		return nil, fmt.Errorf("begin batch: %w", err)
	}
	return t, nil
}

func (t *tx) Commit(ctx context.Context) error {
	if _, err := t.exec(ctx, "COMMIT"); err != nil {
		return fmt.Errorf("commit batch: %w", err)
	}
	t.done = true
	return nil
}

func (t *tx) Rollback() {
	if t.done {
		return
	}
	t.done = true
	// Ids that were handed out in this batch are void.
	clear(t.db.services)
	// It fails when SQLite has rolled back already, as it does when the disk is
	// full. If it fails for another reason, the next BEGIN says so.
	_, _ = t.exec(context.Background(), "ROLLBACK")
}

// stmt prepares a statement once for the life of the connection.
func (t *tx) stmt(ctx context.Context, query string) (*sql.Stmt, error) {
	if s := t.db.prepared[query]; s != nil {
		return s, nil
	}
	s, err := t.db.conn.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	t.db.prepared[query] = s
	return s, nil
}

func (t *tx) exec(ctx context.Context, query string, args ...any) (sql.Result, error) {
	s, err := t.stmt(ctx, query)
	if err != nil {
		return nil, err
	}
	return s.ExecContext(ctx, args...)
}

// one scans the single row of an answer, or returns sql.ErrNoRows.
func (t *tx) one(ctx context.Context, query string, args []any, dest ...any) error {
	s, err := t.stmt(ctx, query)
	if err != nil {
		return err
	}
	return s.QueryRowContext(ctx, args...).Scan(dest...)
}

// each calls f for each row of an answer.
func (t *tx) each(ctx context.Context, query string, args []any, f func(*sql.Rows) error) error {
	s, err := t.stmt(ctx, query)
	if err != nil {
		return err
	}
	rows, err := s.QueryContext(ctx, args...)
	if err != nil {
		return err
	}
	return eachRow(rows, f)
}

func eachRow(rows *sql.Rows, f func(*sql.Rows) error) error {
	defer rows.Close()
	for rows.Next() {
		if err := f(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

const stateColumns = `i.id, s.name, i.fingerprint, i.algorithm, i.class, i.title, i.culprit, i.status, i.count,
	i.first_seen, i.last_seen, i.first_release, i.last_release, i.resolved_at`

func scanState(scan func(...any) error, more ...any) (issue.State, error) {
	var s issue.State
	var first, last, resolved int64
	err := scan(append([]any{
		&s.ID, &s.Key.Service, &s.Key.Fingerprint, &s.Algorithm, &s.Class, &s.Title, &s.Culprit,
		&s.Status, &s.Count, &first, &last, &s.FirstRelease, &s.LastRelease, &resolved,
	}, more...)...)
	s.FirstSeen, s.LastSeen, s.ResolvedAt = fromMicros(first), fromMicros(last), fromMicros(resolved)
	return s, err
}

func (t *tx) States(ctx context.Context, keys []issue.Key) (map[issue.Key]issue.State, error) {
	states := make(map[issue.Key]issue.State, len(keys))
	for _, k := range keys {
		s, err := scanState(func(dest ...any) error {
			return t.one(ctx, `SELECT `+stateColumns+` FROM issue i JOIN service s ON s.id = i.service_id
				WHERE s.name = ? AND i.fingerprint = ?`, []any{k.Service, k.Fingerprint}, dest...)
		})
		if errors.Is(err, sql.ErrNoRows) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("load issue: %w", err)
		}
		states[k] = s
	}
	return states, nil
}

func (t *tx) State(ctx context.Context, id int64) (issue.State, error) {
	s, err := scanState(func(dest ...any) error {
		return t.one(ctx, `SELECT `+stateColumns+` FROM issue i JOIN service s ON s.id = i.service_id WHERE i.id = ?`, []any{id}, dest...)
	})
	if errors.Is(err, sql.ErrNoRows) {
		return s, store.ErrNotFound
	}
	return s, err
}

const occurrenceColumns = `o.seq, o.event_id, o.issue_id, o.goroutine, o.stack_hash, o.at, o.occurred_at, o.received_at,
	o.observers, o.recovered, o.kind, o.class, o.has_message, o.exit, o.environment, o.release, o.instance,
	COALESCE(p.boot_id, ''), COALESCE(p.pid, 0), COALESCE(p.start, 0), COALESCE(p.host, '')`

const occurrenceFrom = ` FROM occurrence o LEFT JOIN process p ON p.id = o.process_id `

// nearest is how many occurrences of one goroutine and stack are looked at on
// either side of an event. Observers are milliseconds apart; a goroutine that
// panics in a loop, guarded, has thousands within event.SameWithin. Those that
// the same observers saw cannot be the same, unless they were the end of the
// process (event.Same), and are left out before they are read.
const nearest = "16"

const (
	byID = `SELECT ` + occurrenceColumns + occurrenceFrom + `WHERE o.seq = COALESCE(
		(SELECT seq FROM occurrence WHERE event_id = ?1), (SELECT occurrence FROM alias WHERE event_id = ?1))`

	byStackRange  = `SELECT seq FROM occurrence WHERE process_id = ? AND goroutine = ? AND stack_hash = ? AND at >= ? AND at < ? ORDER BY at `
	byStackBefore = byStackFrom + byStackRange + `DESC LIMIT ` + nearest + byStackWhere
	byStackAfter  = byStackFrom + byStackRange + `LIMIT ` + nearest + byStackWhere
	byStackFrom   = `SELECT ` + occurrenceColumns + occurrenceFrom + `WHERE o.seq IN (`
	byStackWhere  = `) AND (o.terminal = 1 OR o.observers <> ?)`

	byEnd = `SELECT ` + occurrenceColumns + occurrenceFrom +
		`WHERE o.process_id = ? AND o.terminal = 1 AND o.at >= ? AND o.at <= ? ORDER BY o.seq LIMIT ` + nearest
)

// A recall collects what was found for a batch, each occurrence once.
type recall struct {
	tx    *tx
	seen  map[int64]bool
	found []store.Occurrence
}

func (t *tx) Recall(ctx context.Context, events []*event.Event) ([]store.Occurrence, error) {
	r := recall{tx: t, seen: map[int64]bool{}}
	processes := map[event.Process][]int64{}
	for _, e := range events {
		if err := r.add(ctx, nil, byID, idBytes(e.ID)); err != nil {
			return nil, err
		}
		if e.Process.PID == 0 {
			continue
		}
		p := e.Process
		p.Host = ""
		ids, known := processes[p]
		if !known {
			var err error
			if ids, err = t.processIDs(ctx, p); err != nil {
				return nil, err
			}
			processes[p] = ids
		}
		for _, process := range ids {
			if err := r.ofProcess(ctx, e, process); err != nil {
				return nil, err
			}
		}
	}
	return r.found, nil
}

func (t *tx) processIDs(ctx context.Context, p event.Process) (ids []int64, err error) {
	err = t.each(ctx, `SELECT id FROM process WHERE pid = ? AND start = ? AND boot_id = ?`,
		[]any{p.PID, int64(p.Start), p.BootID}, func(rows *sql.Rows) error {
			var id int64
			defer func() { ids = append(ids, id) }()
			return rows.Scan(&id)
		})
	return ids, err
}

func (r *recall) ofProcess(ctx context.Context, e *event.Event, process int64) error {
	at := hostTime(e)
	from, to := micros(at.Add(-event.SameWithin)), micros(at.Add(event.SameWithin))
	if e.Detail() == event.DetailStack {
		seen := joinObservers(e.Observers)
		if err := r.add(ctx, e, byStackBefore, process, e.GoroutineID, e.StackHash, from, micros(at), seen); err != nil {
			return err
		}
		if err := r.add(ctx, e, byStackAfter, process, e.GoroutineID, e.StackHash, micros(at), to+1, seen); err != nil {
			return err
		}
	}
	if e.Terminal() {
		return r.add(ctx, e, byEnd, process, from, to)
	}
	return nil
}

// add keeps what a query finds. What is found by its process is kept only if it
// is the same as the event; reading the rest of it is for nothing otherwise.
func (r *recall) add(ctx context.Context, e *event.Event, query string, args ...any) error {
	var fresh []int64
	err := r.tx.each(ctx, query, args, func(rows *sql.Rows) error {
		o, seq, err := scanOccurrence(rows)
		if err == nil && !r.seen[seq] && (e == nil || event.Same(e, &o.Event)) {
			r.seen[seq] = true
			r.found = append(r.found, o)
			fresh = append(fresh, seq)
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("recall events: %w", err)
	}
	for i, seq := range fresh {
		if err := r.complete(ctx, &r.found[len(r.found)-len(fresh)+i], seq); err != nil {
			return fmt.Errorf("recall event: %w", err)
		}
	}
	return nil
}

// complete adds what stands in other tables: the issue, the aliases, and the
// whole event while it is a sample.
func (r *recall) complete(ctx context.Context, o *store.Occurrence, seq int64) error {
	err := r.tx.one(ctx, `SELECT s.name, i.fingerprint FROM issue i JOIN service s ON s.id = i.service_id WHERE i.id = ?`,
		[]any{o.IssueID}, &o.Issue.Service, &o.Issue.Fingerprint)
	if err != nil {
		return err
	}
	o.Event.Service = o.Issue.Service
	o.Event.Report.Fingerprints.Tolerant = o.Issue.Fingerprint
	err = r.tx.each(ctx, `SELECT event_id FROM alias WHERE occurrence = ?`, []any{seq}, func(rows *sql.Rows) error {
		var id []byte
		defer func() { o.Aliases = append(o.Aliases, hex.EncodeToString(id)) }()
		return rows.Scan(&id)
	})
	if err != nil {
		return err
	}
	var body []byte
	err = r.tx.one(ctx, `SELECT body FROM sample WHERE event_id = ?`, []any{idBytes(o.Event.ID)}, &body)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	whole, err := r.tx.db.unpack(body)
	if err != nil {
		return err
	}
	o.Event, o.Whole = whole, true
	return nil
}

func scanOccurrence(rows *sql.Rows) (o store.Occurrence, seq int64, err error) {
	e := &o.Event
	r := crash.Report{Crash: -1}
	var id []byte
	var at, occurred, received, start int64
	var observers, exit string
	err = rows.Scan(&seq, &id, &o.IssueID, &e.GoroutineID, &e.StackHash, &at, &occurred, &received,
		&observers, &r.Recovered, &r.Kind, &r.Class, &r.HasMessage, &exit, &e.Environment, &e.Release, &e.Instance,
		&e.Process.BootID, &e.Process.PID, &start, &e.Process.Host)
	if err != nil {
		return o, 0, err
	}
	e.ID = hex.EncodeToString(id)
	e.Class, e.Report = r.Class, &r
	e.OccurredAt, o.Received = fromMicros(occurred), fromMicros(received)
	if at != occurred {
		said := fromMicros(at)
		e.ReportedAt = &said
	}
	e.Process.Start = uint64(start)
	e.Observers = splitObservers(observers)
	if exit != "" {
		err = json.Unmarshal([]byte(exit), &e.Exit)
	}
	return o, seq, err
}

// Rest reads the samples that are left. When some were evicted, the first one
// was kept, so what is wrong at most is which came second within seconds.
func (t *tx) Rest(ctx context.Context, issueID int64, without []string) (issue.Rest, error) {
	s, err := t.State(ctx, issueID)
	if err != nil {
		return issue.Rest{}, fmt.Errorf("load issue %d: %w", issueID, err)
	}
	gone := make(map[string]bool, len(without))
	for _, id := range without {
		gone[id] = true
	}
	var samples int64
	rest := issue.Rest{FirstSeen: s.FirstSeen, FirstRelease: s.FirstRelease, LastSeen: s.LastSeen, LastRelease: s.LastRelease}
	var oldest, newest issue.Rest
	err = t.each(ctx, `SELECT event_id, occurred_at, release FROM sample WHERE issue_id = ?`, []any{issueID}, func(rows *sql.Rows) error {
		var id []byte
		var occurred int64
		var release string
		if err := rows.Scan(&id, &occurred, &release); err != nil {
			return err
		}
		samples++
		if gone[hex.EncodeToString(id)] {
			return nil
		}
		at := fromMicros(occurred)
		if oldest.FirstSeen.IsZero() || at.Before(oldest.FirstSeen) {
			oldest.FirstSeen, oldest.FirstRelease = at, release
		}
		if !at.Before(newest.LastSeen) {
			newest.LastSeen, newest.LastRelease = at, release
		}
		return nil
	})
	if err != nil || newest.LastSeen.IsZero() {
		return rest, err
	}
	rest.LastSeen, rest.LastRelease = newest.LastSeen, newest.LastRelease
	if samples == s.Count {
		rest.FirstSeen, rest.FirstRelease = oldest.FirstSeen, oldest.FirstRelease
	}
	return rest, nil
}

func (t *tx) Touch(ctx context.Context, now time.Time) error {
	_, err := t.exec(ctx, `INSERT INTO heartbeat (id, at) VALUES (1, ?) ON CONFLICT (id) DO UPDATE SET at = excluded.at`, micros(now))
	return err
}

// micros and fromMicros map times to integers; 0 is the zero time.
func micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

func fromMicros(us int64) time.Time {
	if us == 0 {
		return time.Time{}
	}
	return time.UnixMicro(us).UTC()
}

func minuteOf(t time.Time) int64 { return t.Unix() / 60 }

// hostTime is what the clock of the host said.
func hostTime(e *event.Event) time.Time {
	if e.ReportedAt != nil {
		return *e.ReportedAt
	}
	return e.OccurredAt
}

// idBytes packs an id; ingest has checked that it is hexadecimal.
func idBytes(id string) []byte {
	b, err := hex.DecodeString(id)
	if err != nil {
		return []byte(id)
	}
	return b
}

func joinObservers(list []event.Observer) string {
	var b strings.Builder
	for i, o := range list {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(string(o))
	}
	return b.String()
}

func splitObservers(s string) []event.Observer {
	list := []event.Observer{}
	if s == "" {
		return list
	}
	for _, o := range strings.Split(s, ",") {
		list = append(list, event.Observer(o))
	}
	return list
}
