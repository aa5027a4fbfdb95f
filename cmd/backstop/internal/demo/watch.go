package demo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/backstop-go/backstop/crash"
	"github.com/backstop-go/backstop/event"
)

// A watcher looks at the collector as anybody else would: through its HTTP
// API. It notes when each event could be read for the first time.
type watcher struct {
	base   string
	client *http.Client

	counts  map[int64]int64       // issue -> events, as of the last look
	classes map[int64]crash.Class // issue -> class
	byID    map[string]*sighting  // event id -> sighting
	order   []*sighting           // as they became visible
}

func newWatcher(c *collector) *watcher {
	return &watcher{
		base:    c.url,
		client:  &http.Client{Timeout: 10 * time.Second},
		counts:  make(map[int64]int64),
		classes: make(map[int64]crash.Class),
		byID:    make(map[string]*sighting),
	}
}

// issueList and issueDetail are the parts of the API's answers that matter
// here.
type issueList struct {
	Issues []struct {
		ID    int64       `json:"id"`
		Count int64       `json:"count"`
		Class crash.Class `json:"class"`
	} `json:"issues"`
}

type issueDetail struct {
	Samples []struct {
		EventID string `json:"event_id"`
	} `json:"samples"`
}

// maxIssues is more than a demo makes.
const maxIssues = 1000

// errGone is the answer to a question about something that is not there: an
// event or issue that was joined with another one since.
var errGone = errors.New("not there")

func (w *watcher) list(ctx context.Context) (issueList, error) {
	var l issueList
	err := w.get(ctx, fmt.Sprintf("/api/v1/issues?limit=%d", maxIssues), &l)
	return l, err
}

// look reads what is new. An event is visible when its issue shows it.
func (w *watcher) look(ctx context.Context) error {
	l, err := w.list(ctx)
	if err != nil {
		return err
	}
	for _, i := range l.Issues {
		w.classes[i.ID] = i.Class
		if w.counts[i.ID] == i.Count {
			continue
		}
		var detail issueDetail
		err := w.get(ctx, fmt.Sprintf("/api/v1/issues/%d", i.ID), &detail)
		if errors.Is(err, errGone) {
			continue
		}
		if err != nil {
			return err
		}
		now := time.Now()
		w.counts[i.ID] = i.Count
		for _, sample := range detail.Samples {
			if w.byID[sample.EventID] != nil {
				continue
			}
			s := &sighting{eventID: sample.EventID, visible: now}
			w.byID[s.eventID] = s
			w.order = append(w.order, s)
			if err := w.read(ctx, s); err != nil {
				return err
			}
		}
	}
	return nil
}

// read fills a sighting from the event itself. A later observer of the same
// crash changes it, so it is read again until everybody has seen it. An event
// that was joined with another one is no sighting any more.
func (w *watcher) read(ctx context.Context, s *sighting) error {
	var answer struct {
		event.Event
		IssueID int64 `json:"issue_id"`
	}
	err := w.get(ctx, "/api/v1/events/"+s.eventID, &answer)
	if errors.Is(err, errGone) {
		w.order = slices.DeleteFunc(w.order, func(o *sighting) bool { return o == s })
		return nil
	}
	if err != nil {
		return err
	}
	e := &answer.Event
	s.issue, s.named = answer.IssueID, w.classes[answer.IssueID]
	s.class, s.service, s.release, s.pid = e.Class, e.Service, e.Release, e.Process.PID
	s.observers, s.occurred = e.Observers, e.OccurredAt
	s.trace = ""
	if e.Request != nil {
		s.trace = e.Request.TraceID
	}
	return nil
}

// await waits until a shot is as declared, or it is clear that it will not be.
// What must not be reported is judged by the audit at the end.
func (w *watcher) await(ctx context.Context, sh *shot) (verdict, error) {
	deadline := time.Now().Add(visibleWithin)
	merging := false
	for {
		if err := w.look(ctx); err != nil {
			return verdict{}, err
		}
		v := judge(sh, w.order)
		if v.ok() || sh.broken != "" || time.Now().After(deadline) {
			return v, nil
		}
		for _, s := range v.found {
			if !merging {
				merging, deadline = true, time.Now().Add(mergedWithin)
			}
			if err := w.read(ctx, s); err != nil {
				return verdict{}, err
			}
		}
		select {
		case <-ctx.Done():
			return verdict{}, ctx.Err()
		case <-time.After(pollEvery):
		}
	}
}

// settle keeps looking for a while, then reads everything once more.
func (w *watcher) settle(ctx context.Context, d time.Duration) error {
	for end := time.Now().Add(d); time.Now().Before(end); {
		if err := w.look(ctx); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(10 * pollEvery):
		}
	}
	for _, s := range slices.Clone(w.order) {
		if err := w.read(ctx, s); err != nil {
			return err
		}
	}
	return nil
}

func (w *watcher) sightings() []*sighting { return w.order }

// counted is the number of events by the counter that alerts are made of.
func (w *watcher) counted(ctx context.Context) (int64, error) {
	text, err := w.fetch(ctx, "/metrics")
	if err != nil {
		return 0, err
	}
	var sum int64
	for _, line := range strings.Split(string(text), "\n") {
		if !strings.HasPrefix(line, "go_panic_total{") {
			continue
		}
		n, err := strconv.ParseInt(line[strings.LastIndexByte(line, ' ')+1:], 10, 64)
		if err != nil {
			return 0, fmt.Errorf("ask the collector: go_panic_total: %w", err)
		}
		sum += n
	}
	return sum, nil
}

func (w *watcher) get(ctx context.Context, path string, into any) error {
	body, err := w.fetch(ctx, path)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(body, into); err != nil {
		return fmt.Errorf("ask the collector: GET %s: %w", path, err)
	}
	return nil
}

func (w *watcher) fetch(ctx context.Context, path string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, w.base+path, nil)
	if err != nil {
		return nil, err
	}
	res, err := w.client.Do(req)
	if err != nil {
		return nil, fmt.Errorf("ask the collector: %w", err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	switch {
	case err != nil:
		return nil, fmt.Errorf("ask the collector: GET %s: %w", path, err)
	case res.StatusCode == http.StatusNotFound:
		return nil, fmt.Errorf("ask the collector: GET %s: %w", path, errGone)
	case res.StatusCode != http.StatusOK:
		return nil, fmt.Errorf("ask the collector: GET %s: %s", path, res.Status)
	}
	return body, nil
}
