package demo

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"github.com/backstop-go/backstop/event"
	"github.com/backstop-go/backstop/internal/spool"

	"github.com/backstop-go/backstop/cmd/backstop/internal/server"
)

// A collector is `backstop serve` in this process, on a store that goes away
// with it.
type collector struct {
	app *server.App
	url string

	sending sync.Mutex // one supervisor at a time uses the spool
	spool   *spool.Spool
	sender  *spool.Sender
}

// startCollector starts a collector without projects, which takes events from
// this machine and asks for no key.
func startCollector(listen, temp string) (*collector, error) {
	app, err := server.New(server.Options{
		DataDir: filepath.Join(temp, "data"),
		Listen:  listen,
		// A browser may keep a page's request open; nobody waits for it.
		StopTimeout: time.Second,
		Logger:      slog.New(slog.DiscardHandler),
	})
	if err != nil {
		return nil, listenError(listen, err)
	}
	app.Start()
	c := &collector{app: app, url: app.URL()}
	// Apart from the SDK's spool: what the supervisor saw must not travel with
	// what the monitor saw.
	c.spool, err = spool.Open(filepath.Join(temp, "spool-supervisor"), spool.Options{})
	if err != nil {
		c.stop()
		return nil, fmt.Errorf("start collector: %w", err)
	}
	c.sender = &spool.Sender{URL: c.url}
	return c, nil
}

// send delivers an event of the supervisor, as `backstop run -collector` does.
// What cannot be delivered stays in the spool and goes with the next; what
// never arrives shows in the audit.
func (c *collector) send(e event.Event) {
	data, err := event.Encode(&e)
	if err != nil {
		return
	}
	c.sending.Lock()
	defer c.sending.Unlock()
	if err := c.spool.AddLast(data); err != nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), visibleWithin)
	defer cancel()
	_, _ = c.sender.Drain(ctx, c.spool)
}

// stop ends the collector. Errors are of no interest: its store goes away next.
func (c *collector) stop() { _ = c.app.Stop() }

// listenError says what to do about an address that cannot be had.
func listenError(listen string, err error) error {
	var op *net.OpError
	if !errors.As(err, &op) {
		return fmt.Errorf("start collector: %w", err)
	}
	hint := "-listen takes an address of this machine and a port, such as " + DefaultListen
	if errors.Is(err, syscall.EADDRINUSE) {
		hint = "something else listens there: choose another port with -listen, 127.0.0.1:0 for any free one"
	}
	return &Error{Err: fmt.Errorf("start collector on %s: %w", clean(listen), op.Err), Hint: hint}
}
