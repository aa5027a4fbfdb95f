package web

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/backstop-go/backstop/event"

	"github.com/backstop-go/backstop/cmd/backstop/internal/issue"
	"github.com/backstop-go/backstop/cmd/backstop/internal/store"
)

type issuePage struct {
	Issue      store.IssueDetail
	Occurrence *occurrence // the newest one that is kept; nil when none is
	Chart      chart
	Windows    []windowLink
	Action     *statusAction // nil hides the button
	Link       string        // of the JSON; empty hides it
	Cut        cutRows
	Max        int64 // largest count of a release or instance, for the meters
}

// A statusAction is the button that gives the issue another status.
type statusAction struct {
	URL, Status, Label, Help string
}

// maxRows is how many rows of a table a detail page shows.
const maxRows = 101

// cutRows counts the rows of each table that are not shown.
type cutRows struct{ Releases, Instances, Samples int }

type windowLink struct {
	URL, Label string
	Current    bool
}

func (a *app) issue(w http.ResponseWriter, r *http.Request) error {
	ctx, now := r.Context(), a.opts.Now()
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		return store.ErrNotFound
	}
	p := issuePage{}
	if p.Issue, err = a.store.Issue(ctx, id); err != nil {
		return err
	}
	if p.Occurrence, err = a.newest(ctx, p.Issue.Samples); err != nil {
		return err
	}
	for _, s := range p.Issue.Releases {
		p.Max = max(p.Max, s.Count)
	}
	p.Cut.Releases = cut(&p.Issue.Releases)
	p.Cut.Instances = cut(&p.Issue.Instances)
	p.Cut.Samples = cut(&p.Issue.Samples)

	win := pickWindow(r.URL.Query().Get("range"), p.Issue.State, now)
	from, to := win.bounds(now)
	points, err := a.store.IssueRate(ctx, id, from, to)
	if err != nil {
		return err
	}
	p.Chart = newChart("rate", "Events per "+win.Per+" of this issue", win, points, now)
	for _, x := range windows {
		q := r.URL.Query()
		q.Set("range", x.Name)
		p.Windows = append(p.Windows, windowLink{withQuery(r.URL.Path, q), x.Label, x == win})
	}
	if a.opts.Resolve != nil {
		p.Action = actionFor(p.Issue.State)
	}
	if a.opts.API {
		p.Link = "/api/v1" + issueURL(id)
	}
	title := p.Issue.Title
	if p.Occurrence != nil {
		title = p.Occurrence.Headline
	}
	return a.render(w, http.StatusOK, "page_issue.html", view{Title: title, Section: "issues", Data: p})
}

// newest returns the newest event that is kept, nil when there is none.
func (a *app) newest(ctx context.Context, samples []store.Sample) (*occurrence, error) {
	if len(samples) == 0 {
		return nil, nil
	}
	e, _, err := a.store.Event(ctx, samples[0].EventID)
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil // replaced by a newer one since we asked
	}
	if err != nil {
		return nil, err
	}
	o := newOccurrence(&e)
	return &o, nil
}

// cut shortens a table to what a page shows and says by how much.
func cut[T any](rows *[]T) int {
	n := len(*rows) - maxRows
	if n <= 0 {
		return 0
	}
	*rows = (*rows)[:maxRows]
	return n
}

// pickWindow takes the window that was asked for, else the shortest one that
// shows the last event and not only it.
func pickWindow(asked string, s issue.State, now time.Time) window {
	for _, w := range windows {
		if w.Name == asked {
			return w
		}
	}
	switch {
	case now.Sub(s.FirstSeen) < time.Hour:
		return windows[0]
	case now.Sub(s.LastSeen) < 24*time.Hour:
		return windows[1]
	default:
		return windows[2]
	}
}

func actionFor(s issue.State) *statusAction {
	a := &statusAction{
		URL: issueURL(s.ID) + "/status", Status: string(issue.Resolved), Label: "Resolve",
		Help: "Says that it is fixed. If it comes back, it is marked as regressed.",
	}
	if s.Status == issue.Resolved {
		a.Status, a.Label, a.Help = string(issue.Ongoing), "Reopen", "Says that it is not fixed after all."
	}
	return a
}

type eventPage struct {
	Occurrence occurrence
	IssueID    int64
	Link       string
}

func (a *app) event(w http.ResponseWriter, r *http.Request) error {
	e, id, err := a.loadEvent(r)
	if err != nil {
		return err
	}
	p := eventPage{Occurrence: newOccurrence(&e), IssueID: id}
	if a.opts.API {
		p.Link = "/api/v1" + eventURL(e.ID)
	}
	return a.render(w, http.StatusOK, "page_event.html", view{Title: p.Occurrence.Headline, Section: "issues", Data: p})
}

func (a *app) loadEvent(r *http.Request) (event.Event, int64, error) {
	id := r.PathValue("id")
	if len(id) > 128 {
		return event.Event{}, 0, store.ErrNotFound
	}
	return a.store.Event(r.Context(), id)
}

// eventText answers with the traceback as it was printed.
func (a *app) eventText(w http.ResponseWriter, r *http.Request) error {
	e, _, err := a.loadEvent(r)
	if err != nil {
		return err
	}
	if e.Text == "" {
		return store.ErrNotFound
	}
	return writeText(w, e.Text)
}

// eventMessage answers with the whole message, however long.
func (a *app) eventMessage(w http.ResponseWriter, r *http.Request) error {
	e, _, err := a.loadEvent(r)
	if err != nil {
		return err
	}
	if e.Message == nil {
		return store.ErrNotFound
	}
	return writeText(w, *e.Message)
}

// writeText writes crash text as it is. With nosniff, no browser takes it for
// anything but text.
func writeText(w http.ResponseWriter, s string) error {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "private, no-cache")
	if _, err := io.WriteString(w, s); err != nil {
		return errGone
	}
	return nil
}
