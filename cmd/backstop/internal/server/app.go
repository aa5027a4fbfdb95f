// Package server is the collector: it takes events in over HTTP, keeps them, and
// answers questions about them. Start with [New]. An [App] is complete in
// itself, so that the demo and tests run it within their own process.
package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/backstop-go/backstop/cmd/backstop/internal/ingest"
	"github.com/backstop-go/backstop/cmd/backstop/internal/store"
	"github.com/backstop-go/backstop/cmd/backstop/internal/store/sqlite"
)

// Options of a collector.
type Options struct {
	// DataDir is where everything is kept. It is made when it does not exist.
	// There is no default.
	DataDir string
	// Listen is a TCP address; 127.0.0.1:7070 when empty. Port 0 takes a free
	// one, see App.URL.
	Listen string
	// Logger gets what operators should see; nothing is logged when nil.
	Logger *slog.Logger

	MaxEvent    int           // bytes of one event; 1 MiB when 0
	MaxBody     int           // bytes of a request, decompressed; 16 MiB when 0
	MaxInflight int64         // bytes of all requests in memory; 64 MiB when 0
	StopTimeout time.Duration // how long Stop waits for requests; 10 s when 0

	// HealthTimeout is how long a health check waits for the writer; 2 s when 0.
	HealthTimeout time.Duration
	// Now is the clock; time.Now when nil.
	Now func() time.Time
}

func (o *Options) setDefaults() {
	if o.Listen == "" {
		o.Listen = "127.0.0.1:7070"
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.MaxInflight == 0 {
		o.MaxInflight = 64 << 20
	}
	if o.StopTimeout == 0 {
		o.StopTimeout = 10 * time.Second
	}
	if o.HealthTimeout == 0 {
		o.HealthTimeout = 2 * time.Second
	}
	if o.Now == nil {
		o.Now = time.Now
	}
}

// An App is a collector.
type App struct {
	opts     Options
	log      *slog.Logger
	db       *sqlite.DB
	listener net.Listener
	http     *http.Server
	pipeline *pipeline
	budget   *budget
	metrics  *metrics

	running  sync.WaitGroup
	started  sync.Once
	failed   chan error // the HTTP server ended by itself
	stopping sync.Once
	stopped  error
}

// A ListenError says that the address cannot be listened on.
type ListenError struct {
	Addr string
	Err  error
}

func (e *ListenError) Error() string {
	err := e.Err
	var op *net.OpError
	if errors.As(err, &op) {
		err = op.Err // the rest of it says "listen tcp" once more
	}
	return fmt.Sprintf("listen on %s: %v", e.Addr, err)
}
func (e *ListenError) Unwrap() error { return e.Err }

// New opens the data directory and the address. Nothing runs yet, but clients
// that connect wait for Start. The caller calls Stop, whether it calls Start or
// not. When New fails, it leaves nothing open; the error may be a *ListenError,
// a *store.BrokenError, or wrap store.ErrLocked or store.ErrNewer.
func New(opts Options) (_ *App, err error) {
	opts.setDefaults()
	if opts.DataDir == "" {
		return nil, errors.New("no data directory is given")
	}
	a := &App{opts: opts, log: opts.Logger, failed: make(chan error, 1)}
	defer func() {
		if err != nil {
			err = errors.Join(err, a.close())
		}
	}()
	// The address first: a second collector that is started by mistake is told
	// of the port, which names the flag to change.
	if a.listener, err = net.Listen("tcp", opts.Listen); err != nil {
		return nil, &ListenError{opts.Listen, err}
	}
	if a.db, err = sqlite.Open(context.Background(), opts.DataDir, sqlite.Options{Now: opts.Now}); err != nil {
		return nil, err
	}
	a.budget = &budget{limit: opts.MaxInflight}
	a.metrics = newMetrics(a.db, func() float64 { return float64(a.budget.used.Load()) }, a.log)
	a.pipeline = a.pipelineOn(a.db)
	a.http = &http.Server{
		Handler:           a.handler(),
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       30 * time.Second,
		WriteTimeout:      60 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    32 << 10,
		ErrorLog:          slog.NewLogLogger(a.log.Handler(), slog.LevelWarn),
	}
	return a, nil
}

func (a *App) pipelineOn(s writeStore) *pipeline {
	return &pipeline{
		store:    s,
		decoder:  ingest.Decoder{MaxEvent: a.opts.MaxEvent, MaxBody: a.opts.MaxBody},
		now:      a.opts.Now,
		log:      a.log,
		metrics:  a.metrics,
		queue:    make(chan *waiter, batchEvents),
		stopping: make(chan struct{}),
		ended:    make(chan struct{}),
	}
}

// URL is where the collector can be reached from this machine.
func (a *App) URL() string {
	addr, ok := a.listener.Addr().(*net.TCPAddr)
	if !ok {
		return "http://" + a.listener.Addr().String()
	}
	host := addr.IP.String()
	if addr.IP.IsUnspecified() {
		host = "127.0.0.1"
	}
	return "http://" + net.JoinHostPort(host, fmt.Sprint(addr.Port))
}

// Loopback reports whether only this machine can reach the collector.
func (a *App) Loopback() bool {
	addr, ok := a.listener.Addr().(*net.TCPAddr)
	return ok && addr.IP.IsLoopback()
}

// Reader is for those who run a collector in their own process.
func (a *App) Reader() store.Reader { return a.db }

// Start begins to serve. It returns at once.
func (a *App) Start() {
	a.started.Do(func() {
		a.running.Go(a.pipeline.run)
		a.running.Go(func() {
			if err := a.http.Serve(a.listener); !errors.Is(err, http.ErrServerClosed) {
				a.failed <- fmt.Errorf("serve: %w", err)
			}
		})
	})
}

// Run serves until ctx ends or the server fails, and then stops.
func (a *App) Run(ctx context.Context) error {
	a.Start()
	var failed error
	select {
	case <-ctx.Done():
	case failed = <-a.failed:
	}
	return errors.Join(failed, a.Stop())
}

// Stop answers the requests that are under way, makes durable what was
// acknowledged, and closes everything. It may be called more than once, from
// several goroutines; each call returns when all is closed.
func (a *App) Stop() error {
	a.stopping.Do(func() {
		served := true
		a.started.Do(func() { served = false })
		if served {
			ctx, cancel := context.WithTimeout(context.Background(), a.opts.StopTimeout)
			defer cancel()
			if err := a.http.Shutdown(ctx); err != nil {
				a.log.Warn("requests did not end in time", "err", err)
				err = a.http.Close()
				a.log.Debug("close connections", "err", err)
			}
			a.pipeline.stop()
			a.running.Wait()
		}
		a.stopped = a.close()
	})
	return a.stopped
}

// close lets go of whatever New got hold of.
func (a *App) close() error {
	var errs []error
	if a.listener != nil {
		if err := a.listener.Close(); !errors.Is(err, net.ErrClosed) {
			errs = append(errs, err)
		}
	}
	if a.db != nil {
		errs = append(errs, a.db.Close())
	}
	return errors.Join(errs...)
}
