package web

import (
	"cmp"
	"net/http"
	"slices"
	"time"

	"github.com/backstop-go/backstop/cmd/backstop/internal/htmlview"
	"github.com/backstop-go/backstop/cmd/backstop/internal/store"
)

const (
	newestIssues = 12 // on the overview
	sparklines   = 24 // services that get a chart of their own: each costs a query
)

type overviewPage struct {
	Services  []serviceRow
	Issues    []store.Issue
	Chart     chart
	Open      int64
	Events    int64
	LastHour  int64
	Latest    time.Time // the last event of any issue
	Dropped   int64
	Collector string
}

// A serviceRow is one service on the overview.
type serviceRow struct {
	store.Service
	URL   string
	Chart *chart // nil beyond the first services
	State serviceState
}

// A serviceState says what the last hour was like. It never says that a service
// is well: a collector knows who reported, not who lives.
type serviceState struct {
	Tone, Word, Why string
}

func (a *app) overview(w http.ResponseWriter, r *http.Request) error {
	ctx, now := r.Context(), a.opts.Now()
	hour := windows[0]
	from, to := hour.bounds(now)
	p := overviewPage{Collector: a.collector(r)}

	services, err := a.store.Services(ctx)
	if err != nil {
		return err
	}
	// Those with something to do come first.
	slices.SortStableFunc(services, func(x, y store.Service) int {
		return cmp.Or(cmp.Compare(y.OpenIssues, x.OpenIssues), cmp.Compare(y.Events, x.Events), cmp.Compare(x.Name, y.Name))
	})
	for i, s := range services {
		row := serviceRow{Service: s, URL: serviceURL(s.Name)}
		if i < sparklines {
			points, err := a.store.Rate(ctx, s.Name, from, to)
			if err != nil {
				return err
			}
			c := newChart("rate-"+htmlview.Count(i), "Events per minute of "+htmlview.Plain(htmlview.MaxName, s.Name), hour, points, now)
			row.Chart, row.State = &c, stateOf(points, now)
		}
		p.Services = append(p.Services, row)
		p.Open += s.OpenIssues
		p.Events += s.Events
		p.Dropped += s.Dropped
	}

	points, err := a.store.Rate(ctx, "", from, to)
	if err != nil {
		return err
	}
	p.Chart = newChart("rate", "Events per minute, all services", hour, points, now)
	p.LastHour = p.Chart.Total

	if p.Issues, err = a.store.Issues(ctx, store.IssueFilter{Limit: newestIssues}); err != nil {
		return err
	}
	for _, i := range p.Issues {
		if i.LastSeen.After(p.Latest) {
			p.Latest = i.LastSeen
		}
	}
	return a.render(w, http.StatusOK, "page_overview.html", view{
		Title: "Overview", Section: "overview", Live: liveFor(r), Data: p,
	})
}

func stateOf(points []store.Point, now time.Time) serviceState {
	var hour, recent int64
	for _, p := range points {
		hour += p.Count
		if now.Sub(p.Minute) < 5*time.Minute {
			recent += p.Count
		}
	}
	switch {
	case recent > 0:
		return serviceState{"bad", "crashing", htmlview.Plural(recent, "event") + " in the last 5 minutes"}
	case hour > 0:
		return serviceState{"warn", "crashed", htmlview.Plural(hour, "event") + " in the last hour, none in the last 5 minutes"}
	default:
		return serviceState{"calm", "quiet", "no events in the last hour"}
	}
}

// collector is the base URL that newcomers should send to.
func (a *app) collector(r *http.Request) string {
	if a.opts.Collector != "" {
		return a.opts.Collector
	}
	scheme := "http://"
	if r.TLS != nil {
		scheme = "https://"
	}
	return scheme + htmlview.Plain(htmlview.MaxName, r.Host)
}
