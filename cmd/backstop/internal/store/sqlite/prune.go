package sqlite

import (
	"context"
	"fmt"
	"time"
)

// pruneAtOnce bounds how long one call of Prune holds the writer.
const pruneAtOnce = 5000

// Prune forgets what is older than the options say, a bounded part of it per
// call, and reports whether there may be more. Only the writer calls it,
// between batches.
func (db *DB) Prune(ctx context.Context, now time.Time) (more bool, err error) {
	t := &tx{db: db}
	if _, err := t.exec(ctx, "BEGIN IMMEDIATE"); err != nil {
		return false, fmt.Errorf("prune: %w", err)
	}
	defer t.Rollback()
	forget := micros(now.Add(-db.opts.RememberFor))
	res, err := t.exec(ctx, `DELETE FROM occurrence WHERE seq IN (SELECT seq FROM occurrence ORDER BY seq LIMIT ?)
		AND (received_at < ? OR seq <= (SELECT max(seq) FROM occurrence) - ?)`, pruneAtOnce, forget, db.opts.RememberMost)
	if err != nil {
		return false, fmt.Errorf("prune occurrences: %w", err)
	}
	n, err := res.RowsAffected()
	if err != nil {
		return false, fmt.Errorf("prune occurrences: %w", err)
	}
	if n < pruneAtOnce {
		oldest := minuteOf(now.Add(-db.opts.MinutesFor))
		for _, query := range []string{
			`DELETE FROM issue_minute WHERE minute < ?`,
			`DELETE FROM service_minute WHERE minute < ?`,
		} {
			if _, err := t.exec(ctx, query, oldest); err != nil {
				return false, fmt.Errorf("prune minutes: %w", err)
			}
		}
		if _, err := t.exec(ctx, `DELETE FROM process WHERE NOT EXISTS (SELECT 1 FROM occurrence o WHERE o.process_id = process.id)`); err != nil {
			return false, fmt.Errorf("prune processes: %w", err)
		}
	}
	return n == pruneAtOnce, t.Commit(ctx)
}
