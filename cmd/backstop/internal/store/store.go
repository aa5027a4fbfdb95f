// Package store defines what the collector keeps and how the rest of it asks
// for it. Package sqlite implements it for one machine. Start with [Reader]:
// the API, the metrics and the web pages read through it and nothing else.
package store

import (
	"context"
	"errors"
	"time"

	"github.com/backstop-go/backstop/crash"
	"github.com/backstop-go/backstop/event"

	"github.com/backstop-go/backstop/cmd/backstop/internal/issue"
)

// ErrNotFound is returned for an issue, event or project that is not there.
var ErrNotFound = errors.New("not found")

// SamplesPerIssue is how many events of an issue are kept whole: the newest
// ones, and always the first. Counts are exact whatever is kept.
const SamplesPerIssue = 100

// A Reader answers the questions of people and of Prometheus.
type Reader interface {
	// Issues lists issues, most recently seen first.
	Issues(ctx context.Context, f IssueFilter) ([]Issue, error)
	// Issue returns one issue with its releases, instances and newest samples.
	Issue(ctx context.Context, id int64) (IssueDetail, error)
	// Event returns one kept event and the issue it belongs to.
	Event(ctx context.Context, id string) (event.Event, int64, error)
	// Services lists the services that were ever heard of, by name.
	Services(ctx context.Context) ([]Service, error)
	// Rate returns the events per minute of a service (all when empty) in
	// [from, to), one point a minute, minutes without events included.
	Rate(ctx context.Context, service string, from, to time.Time) ([]Point, error)
	// IssueRate does the same for one issue.
	IssueRate(ctx context.Context, id int64, from, to time.Time) ([]Point, error)
	// Counters returns the exact number of events ever seen, by service,
	// environment and kind; every kind is present for every known service.
	Counters(ctx context.Context) ([]Counter, error)
}

// An IssueFilter narrows a list of issues. The zero value lists the newest 50.
type IssueFilter struct {
	Service string
	Status  issue.Status
	Class   string // a class, or a prefix that ends in a dot: "fatal."
	Limit   int    // 50 when 0
	Offset  int
}

// An Issue is one row of a list.
type Issue struct {
	issue.State
	Environments []string
}

// An IssueDetail is all of an issue.
type IssueDetail struct {
	Issue
	Releases  []ReleaseCount  // newest first
	Instances []InstanceCount // most events first, at most 50
	Samples   []Sample        // newest first, at most SamplesPerIssue + 1
}

// A ReleaseCount says how often an issue was seen in a release.
type ReleaseCount struct {
	Release   string
	Count     int64
	FirstSeen time.Time
	LastSeen  time.Time
}

// An InstanceCount says how often an issue was seen on an instance.
type InstanceCount struct {
	Instance string
	Count    int64
}

// A Sample is a kept event, short.
type Sample struct {
	EventID    string
	OccurredAt time.Time
	ReceivedAt time.Time
	Release    string
	Instance   string
	Observers  []event.Observer
	Request    *event.Request
}

// A Service is something that runs.
type Service struct {
	Name         string
	Environments []string
	FirstSeen    time.Time
	LastSeen     time.Time // last hello or event
	LastRelease  string
	Events       int64 // ever
	OpenIssues   int64 // not resolved
	Dropped      int64 // events its senders said they had to give up
}

// A Point is one minute of a rate.
type Point struct {
	Minute time.Time
	Count  int64
}

// A Counter is one series of go_panic_total.
//
// Count is exact. It goes down when a later observation shows that an event was
// of another kind: an exit turns out to be the panic behind it. Prometheus would
// take that for a restart and count everything again, so the series shows Peak,
// the most that Count ever was. The two agree again with the next event of the
// kind; until then the sum over all kinds of the series is ahead by one.
type Counter struct {
	Service     string
	Environment string
	Kind        crash.Kind
	Count       int64
	Peak        int64
}
