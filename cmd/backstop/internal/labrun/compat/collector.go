package compat

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync"
	"time"

	"github.com/backstop-go/backstop/event"
	"github.com/backstop-go/backstop/internal/spool"

	"github.com/backstop-go/backstop/cmd/backstop/internal/server"
	"github.com/backstop-go/backstop/cmd/backstop/internal/store"
)

// A collector is `backstop serve` in this process, for one run: what is in it is
// of that run.
type collector struct {
	app    *server.App
	url    string
	sender *spool.Sender

	sending sync.Mutex
	seen    *spool.Spool // events of the supervisor
}

func startCollector(dir string) (*collector, error) {
	app, err := server.New(server.Options{
		DataDir:     filepath.Join(dir, "data"),
		Listen:      "127.0.0.1:0",
		StopTimeout: time.Second,
		Logger:      slog.New(slog.DiscardHandler),
	})
	if err != nil {
		return nil, fmt.Errorf("start collector: %w", err)
	}
	app.Start()
	c := &collector{app: app, url: app.URL(), sender: &spool.Sender{URL: app.URL()}}
	// Apart from the SDK's: what the supervisor saw must not travel with it.
	if c.seen, err = spool.Open(filepath.Join(dir, "supervisor"), spool.Options{}); err != nil {
		c.stop()
		return nil, fmt.Errorf("start collector: %w", err)
	}
	return c, nil
}

// add delivers an event of the supervisor. What cannot be delivered is missing in
// the report.
func (c *collector) add(e event.Event) {
	data, err := event.Encode(&e)
	if err != nil {
		return
	}
	c.sending.Lock()
	defer c.sending.Unlock()
	if c.seen.AddLast(data) == nil {
		c.drain(c.seen)
	}
}

// collect delivers what a program left in its spool, as its next start would.
func (c *collector) collect(dir string) {
	if sp, err := spool.Open(dir, spool.Options{}); err == nil {
		c.drain(sp)
	}
}

func (c *collector) drain(sp *spool.Spool) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	_, _ = c.sender.Drain(ctx, sp)
}

// arrivals returns the events that have arrived: all of them, as long as no issue
// has more than store.SamplesPerIssue.
func (c *collector) arrivals(ctx context.Context) ([]event.Event, error) {
	r := c.app.Reader()
	issues, err := r.Issues(ctx, store.IssueFilter{Limit: 1000})
	if err != nil {
		return nil, err
	}
	var all []event.Event
	for _, i := range issues {
		detail, err := r.Issue(ctx, i.ID)
		if err != nil {
			continue // was joined with another one since
		}
		for _, s := range detail.Samples {
			if e, _, err := r.Event(ctx, s.EventID); err == nil {
				all = append(all, e)
			}
		}
	}
	return all, nil
}

// introduced are the services that said hello, with what they call themselves.
func (c *collector) introduced(ctx context.Context) []store.Service {
	all, err := c.app.Reader().Services(ctx)
	if err != nil {
		return nil
	}
	return all
}

func (c *collector) stop() { _ = c.app.Stop() } // its store goes away next
