package sqlite

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/backstop-go/backstop/event"

	"github.com/backstop-go/backstop/cmd/backstop/internal/store"
)

// saveSamples keeps the newest whole events of each issue and its first one.
func (t *tx) saveSamples(ctx context.Context, edits []store.Edit) error {
	fresh := map[int64][]*store.Occurrence{} // new ones by issue, in order of arrival
	shrunk := map[int64]bool{}               // issues that lost a sample
	for _, e := range edits {
		switch {
		case e.Old == nil:
			fresh[e.New.IssueID] = append(fresh[e.New.IssueID], e.New)
		case e.New == nil:
			shrunk[e.Old.IssueID] = true
			if _, err := t.exec(ctx, `DELETE FROM sample WHERE event_id = ?`, idBytes(e.Old.Event.ID)); err != nil {
				return err
			}
		case e.New.IssueID != e.Old.IssueID:
			shrunk[e.Old.IssueID] = true
			if _, err := t.exec(ctx, `DELETE FROM sample WHERE event_id = ?`, idBytes(e.Old.Event.ID)); err != nil {
				return err
			}
			fresh[e.New.IssueID] = append(fresh[e.New.IssueID], e.New)
		case e.New.Whole:
			if err := t.updateSample(ctx, e.New); err != nil {
				return err
			}
		}
	}
	for id, list := range fresh {
		if err := t.addSamples(ctx, id, list); err != nil {
			return err
		}
	}
	for id := range shrunk {
		// Whichever is the oldest now is the first.
		if _, err := t.exec(ctx, `UPDATE sample SET first = 1 WHERE seq = (SELECT min(seq) FROM sample WHERE issue_id = ?)`, id); err != nil {
			return err
		}
	}
	return nil
}

// addSamples adds the events of one batch to an issue and evicts what is too
// old. Of a flood only the events that will stay are packed at all.
func (t *tx) addSamples(ctx context.Context, issueID int64, list []*store.Occurrence) error {
	var first bool
	err := t.one(ctx, `SELECT NOT EXISTS (SELECT 1 FROM sample WHERE issue_id = ? AND first = 1)`, []any{issueID}, &first)
	if err != nil {
		return err
	}
	if first {
		if err := t.insertSample(ctx, list[0], true); err != nil {
			return err
		}
		list = list[1:]
	}
	for _, o := range list[max(0, len(list)-store.SamplesPerIssue):] {
		if err := t.insertSample(ctx, o, false); err != nil {
			return err
		}
	}
	_, err = t.exec(ctx, `DELETE FROM sample WHERE seq IN (
		SELECT seq FROM sample WHERE issue_id = ? AND first = 0 ORDER BY seq DESC LIMIT -1 OFFSET ?)`, issueID, store.SamplesPerIssue)
	return err
}

func (t *tx) insertSample(ctx context.Context, o *store.Occurrence, first bool) error {
	e := &o.Event
	request, body, err := t.db.pack(e)
	if err != nil {
		return err
	}
	_, err = t.exec(ctx, `INSERT INTO sample (event_id, issue_id, first, occurred_at, received_at, release, instance, observers, request, body)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (event_id) DO NOTHING`, idBytes(e.ID), o.IssueID, first, micros(e.OccurredAt), micros(o.Received),
		e.Release, e.Instance, joinObservers(e.Observers), request, body)
	return err
}

func (t *tx) updateSample(ctx context.Context, o *store.Occurrence) error {
	e := &o.Event
	request, body, err := t.db.pack(e)
	if err != nil {
		return err
	}
	_, err = t.exec(ctx, `UPDATE sample SET occurred_at = ?, release = ?, instance = ?, observers = ?, request = ?, body = ? WHERE event_id = ?`,
		micros(e.OccurredAt), e.Release, e.Instance, joinObservers(e.Observers), request, body, idBytes(e.ID))
	return err
}

// pack makes the columns of an event.
func (db *DB) pack(e *event.Event) (request string, body []byte, err error) {
	if e.Request != nil {
		b, err := json.Marshal(e.Request)
		if err != nil {
			return "", nil, fmt.Errorf("pack event: %w", err)
		}
		request = string(b)
	}
	b, err := json.Marshal(e)
	if err != nil {
		return "", nil, fmt.Errorf("pack event: %w", err)
	}
	return request, db.encoder.EncodeAll(b, nil), nil
}

func (db *DB) unpack(body []byte) (e event.Event, err error) {
	b, err := db.decoder.DecodeAll(body, nil)
	if err != nil {
		return e, fmt.Errorf("unpack event: %w", err)
	}
	if err := json.Unmarshal(b, &e); err != nil {
		return e, fmt.Errorf("unpack event: %w", err)
	}
	return e, nil
}
