package server

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/backstop-go/backstop/crash"
	"github.com/backstop-go/backstop/event"

	"github.com/backstop-go/backstop/cmd/backstop/internal/issue"
	"github.com/backstop-go/backstop/cmd/backstop/internal/store"
)

// The JSON of the read API (docs/serve.md). Fields are added, never
// renamed.
type (
	issueJSON struct {
		ID                 int64        `json:"id"`
		Service            string       `json:"service"`
		Class              crash.Class  `json:"class"`
		Kind               crash.Kind   `json:"kind"`
		Title              string       `json:"title"`
		Culprit            string       `json:"culprit"`
		Status             issue.Status `json:"status"`
		Count              int64        `json:"count"`
		FirstSeen          time.Time    `json:"first_seen"`
		LastSeen           time.Time    `json:"last_seen"`
		FirstRelease       string       `json:"first_release"`
		LastRelease        string       `json:"last_release"`
		ResolvedAt         *time.Time   `json:"resolved_at"`
		Environments       []string     `json:"environments"`
		Fingerprint        string       `json:"fingerprint"`
		FingerprintVersion int          `json:"fingerprint_version"`
	}
	detailJSON struct {
		issueJSON
		Explanation explanationJSON `json:"explanation"`
		Releases    []releaseJSON   `json:"releases"`
		Instances   []instanceJSON  `json:"instances"`
		Samples     []sampleJSON    `json:"samples"`
	}
	explanationJSON struct {
		Title       string            `json:"title"`
		Explanation string            `json:"explanation"`
		Recoverable crash.Recoverable `json:"recoverable"`
		Causes      []string          `json:"causes"`
		FirstCheck  string            `json:"first_check"`
	}
	releaseJSON struct {
		Release   string    `json:"release"`
		Count     int64     `json:"count"`
		FirstSeen time.Time `json:"first_seen"`
		LastSeen  time.Time `json:"last_seen"`
	}
	instanceJSON struct {
		Instance string `json:"instance"`
		Count    int64  `json:"count"`
	}
	sampleJSON struct {
		EventID    string           `json:"event_id"`
		OccurredAt time.Time        `json:"occurred_at"`
		ReceivedAt time.Time        `json:"received_at"`
		Release    string           `json:"release"`
		Instance   string           `json:"instance"`
		Observers  []event.Observer `json:"observers"`
		Request    *event.Request   `json:"request"`
	}
	serviceJSON struct {
		Service      string    `json:"service"`
		Environments []string  `json:"environments"`
		FirstSeen    time.Time `json:"first_seen"`
		LastSeen     time.Time `json:"last_seen"`
		LastRelease  string    `json:"last_release"`
		Events       int64     `json:"events"`
		OpenIssues   int64     `json:"open_issues"`
		Dropped      int64     `json:"dropped"`
	}
	eventJSON struct {
		event.Event
		IssueID int64 `json:"issue_id"`
	}
)

func toIssueJSON(i *store.Issue) issueJSON {
	j := issueJSON{
		ID: i.ID, Service: i.Key.Service, Class: i.Class, Kind: crash.Explain(i.Class).Kind,
		Title: i.Title, Culprit: i.Culprit, Status: i.Status, Count: i.Count,
		FirstSeen: i.FirstSeen, LastSeen: i.LastSeen, FirstRelease: i.FirstRelease, LastRelease: i.LastRelease,
		Environments: i.Environments, Fingerprint: i.Key.Fingerprint, FingerprintVersion: i.Algorithm,
	}
	if !i.ResolvedAt.IsZero() {
		at := i.ResolvedAt
		j.ResolvedAt = &at
	}
	return j
}

func toDetailJSON(d *store.IssueDetail) detailJSON {
	info := crash.Explain(d.Class)
	j := detailJSON{
		issueJSON:   toIssueJSON(&d.Issue),
		Explanation: explanationJSON{info.Title, info.Explanation, info.Recoverable, info.Causes, info.FirstCheck},
		Releases:    []releaseJSON{}, Instances: []instanceJSON{}, Samples: []sampleJSON{},
	}
	if j.Explanation.Causes == nil {
		j.Explanation.Causes = []string{}
	}
	for _, r := range d.Releases {
		j.Releases = append(j.Releases, releaseJSON(r))
	}
	for _, i := range d.Instances {
		j.Instances = append(j.Instances, instanceJSON(i))
	}
	for _, s := range d.Samples {
		j.Samples = append(j.Samples, sampleJSON(s))
	}
	return j
}

func (a *App) getIssues(w http.ResponseWriter, r *http.Request) {
	f, err := issueFilter(r)
	if err != nil {
		a.fail(w, r, err)
		return
	}
	list, err := a.db.Issues(r.Context(), f)
	if err != nil {
		a.fail(w, r, err)
		return
	}
	out := make([]issueJSON, len(list))
	for i := range list {
		out[i] = toIssueJSON(&list[i])
	}
	a.json(w, http.StatusOK, map[string]any{"issues": out, "limit": f.Limit, "offset": f.Offset})
}

var statuses = []issue.Status{issue.New, issue.Ongoing, issue.Resolved, issue.Regressed}

func issueFilter(r *http.Request) (f store.IssueFilter, err error) {
	q := r.URL.Query()
	f = store.IssueFilter{Service: q.Get("service"), Status: issue.Status(q.Get("status")), Class: q.Get("class"), Limit: 50}
	if f.Status != "" && !slices.Contains(statuses, f.Status) {
		return f, &inputError{"status: is not new, ongoing, resolved or regressed"}
	}
	if s := q.Get("limit"); s != "" {
		if f.Limit, err = strconv.Atoi(s); err != nil || f.Limit < 1 || f.Limit > 1000 {
			return f, &inputError{"limit: is not a number from 1 to 1000"}
		}
	}
	if s := q.Get("offset"); s != "" {
		if f.Offset, err = strconv.Atoi(s); err != nil || f.Offset < 0 {
			return f, &inputError{"offset: is not a number from 0"}
		}
	}
	return f, nil
}

func issueID(r *http.Request) (int64, error) {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil || id < 1 {
		return 0, store.ErrNotFound
	}
	return id, nil
}

func (a *App) getIssue(w http.ResponseWriter, r *http.Request) {
	id, err := issueID(r)
	if err != nil {
		a.fail(w, r, err)
		return
	}
	d, err := a.db.Issue(r.Context(), id)
	if err != nil {
		a.fail(w, r, err)
		return
	}
	a.json(w, http.StatusOK, toDetailJSON(&d))
}

// postIssue sets the status of an issue. Only a person knows that something is
// fixed; new and regressed are for the collector to find out.
func (a *App) postIssue(w http.ResponseWriter, r *http.Request) {
	id, err := issueID(r)
	if err != nil {
		a.fail(w, r, err)
		return
	}
	var body struct {
		Status issue.Status `json:"status"`
	}
	if err := readJSON(w, r, &body); err != nil {
		a.fail(w, r, err)
		return
	}
	if body.Status != issue.Resolved && body.Status != issue.Ongoing {
		a.fail(w, r, &inputError{"status: is not resolved or ongoing"})
		return
	}
	if err := a.SetStatus(r.Context(), id, body.Status); err != nil {
		a.fail(w, r, err)
		return
	}
	a.getIssue(w, r)
}

// SetStatus gives an issue the status issue.Resolved or issue.Ongoing. It
// returns store.ErrNotFound for an issue that is not there.
func (a *App) SetStatus(ctx context.Context, id int64, to issue.Status) error {
	return a.pipeline.do(ctx, func(ctx context.Context, tx store.Tx) error {
		s, err := tx.State(ctx, id)
		if err != nil {
			return err
		}
		return tx.Save(ctx, store.Changes{States: []issue.State{issue.Set(s, to, a.opts.Now().UTC())}})
	})
}

func (a *App) getEvent(w http.ResponseWriter, r *http.Request) {
	e, id, err := a.db.Event(r.Context(), r.PathValue("id"))
	if err != nil {
		a.fail(w, r, err)
		return
	}
	a.json(w, http.StatusOK, eventJSON{e, id})
}

func (a *App) getServices(w http.ResponseWriter, r *http.Request) {
	list, err := a.db.Services(r.Context())
	if err != nil {
		a.fail(w, r, err)
		return
	}
	out := make([]serviceJSON, len(list))
	for i, s := range list {
		out[i] = serviceJSON{s.Name, s.Environments, s.FirstSeen, s.LastSeen, s.LastRelease, s.Events, s.OpenIssues, s.Dropped}
	}
	a.json(w, http.StatusOK, map[string]any{"services": out})
}
