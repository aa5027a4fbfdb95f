package store

import (
	"context"
	"time"

	"github.com/backstop-go/backstop/event"

	"github.com/backstop-go/backstop/cmd/backstop/internal/issue"
)

// An Occurrence is one crash as it was counted, by however many observers it
// was seen.
type Occurrence struct {
	Event    event.Event
	Received time.Time // when the first observation arrived
	Issue    issue.Key

	// Aliases are the ids of the observations that were merged into Event.
	Aliases []string

	// IssueID is given by the store; 0 until it was saved.
	IssueID int64

	// Whole says that Event is complete. The store keeps whole events as
	// samples only; of the others it remembers what they were counted under
	// and what is needed to recognise another observation of them.
	Whole bool
}

// An Edit changes what is counted: an occurrence is new (Old is nil), was
// another observation's (New is nil), or has become richer and may now count
// under another issue or kind.
type Edit struct {
	Old, New *Occurrence
}

// Changes is what a batch did.
type Changes struct {
	Edits   []Edit
	States  []issue.State     // after the edits; Count 0 means that the issue is gone
	Dropped map[string]uint64 // events that senders gave up, by service
}

// A Tx is one batch of the single writer. Everything it reads is consistent
// and nothing it does is visible before Commit.
type Tx interface {
	// Recall finds the occurrences that one of the events is another
	// observation of, as event.Same says, and those that have its id or alias.
	Recall(ctx context.Context, events []*event.Event) ([]Occurrence, error)
	// States returns the states of issues; those that do not exist are
	// missing in the result.
	States(ctx context.Context, keys []issue.Key) (map[issue.Key]issue.State, error)
	// State returns the state of one issue, or ErrNotFound.
	State(ctx context.Context, id int64) (issue.State, error)
	// Rest tells what an issue is without some of its occurrences.
	Rest(ctx context.Context, issueID int64, without []string) (issue.Rest, error)
	// Save writes what the batch did. Times are those of the occurrences.
	Save(ctx context.Context, c Changes) error
	// Announce makes a service and its counters known.
	Announce(ctx context.Context, h event.Hello, now time.Time) error
	// Touch proves that the store can be written.
	Touch(ctx context.Context, now time.Time) error

	// Commit makes the batch durable. After it, or Rollback, the Tx is over.
	Commit(ctx context.Context) error
	// Rollback forgets the batch; after Commit it does nothing.
	Rollback()
}

// A Writer is the write side of a store. It has one user, which opens one batch
// at a time.
type Writer interface {
	Begin(ctx context.Context) (Tx, error)
}

// A Project is who may send events.
type Project struct {
	Name      string
	CreatedAt time.Time
	RevokedAt time.Time // zero while its key is good
}
