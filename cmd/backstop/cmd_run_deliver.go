package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/backstop-go/backstop/cmd/backstop/internal/supervise"
	"github.com/backstop-go/backstop/event"
	"github.com/backstop-go/backstop/internal/spool"
)

// How long `run` waits for a collector.
const (
	lastDelivery  = 5 * time.Second  // after the program has ended
	oneDelivery   = 15 * time.Second // while it runs
	deliveryRetry = 30 * time.Second // for what could not be delivered while it runs
)

// A delivery puts events where the flags say: files in a directory, and a spool
// that a goroutine of its own sends to the collector.
type delivery struct {
	w   io.Writer // for what went wrong
	out string

	sp     *spool.Spool // nil without a collector
	sender spool.Sender
	wake   chan struct{}
	stop   chan struct{}
	done   chan struct{}
	cancel context.CancelFunc

	mu      sync.Mutex
	greet   *event.Hello // not said yet
	lost    int          // events that could not be written
	lostErr error
	sendErr error // of the last attempt
}

// newDelivery checks that events can be written, before anything is started.
func newDelivery(f *runFlags, name string, w io.Writer) (*delivery, error) {
	d := &delivery{w: w, out: f.out}
	if d.out != "" {
		if err := tryDirectory(d.out); err != nil {
			return nil, withHint(fmt.Errorf("run: -out %s: %w", d.out, err), "name a directory that you may write to; it is made when it is missing")
		}
	}
	if f.collector == "" {
		return d, nil
	}
	sp, err := openSpool(f.spool, name)
	if err != nil { // no reason to keep the program from running
		fmt.Fprintf(w, "backstop: warning: %s: events that cannot be delivered at once are lost\nhint: -spool DIR names a directory that you own and may write to\n",
			supervise.OneLine(err.Error(), 300))
	}
	d.sp, d.sender = sp, spool.Sender{URL: f.collector, Key: f.key}
	d.wake, d.stop, d.done = make(chan struct{}, 1), make(chan struct{}), make(chan struct{})
	ctx, cancel := context.WithCancel(context.Background())
	d.cancel = cancel
	go d.send(ctx)
	return d, nil
}

// tryDirectory makes a directory and writes a file into it.
func tryDirectory(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, ".backstop-*")
	if err != nil {
		return err
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}

// openSpool opens the directory that was named, or else the first that works. The
// spool is there beside an error too: it holds the last event in memory, and works
// as soon as its directory does.
func openSpool(dir, service string) (*spool.Spool, error) {
	if dir != "" {
		return spool.Open(dir, spool.Options{})
	}
	leaf := "run-" + strings.Map(func(r rune) rune {
		if r == '/' || r == '\\' || r < ' ' || r == ':' {
			return '_'
		}
		return r
	}, service)
	mine := "backstop-" + strconv.Itoa(os.Getuid()) + "-" + leaf
	candidates := []string{filepath.Join(os.TempDir(), mine), filepath.Join("/dev/shm", mine)}
	if cache, err := os.UserCacheDir(); err == nil {
		candidates = append([]string{filepath.Join(cache, "backstop", leaf)}, candidates...)
	}
	var best *spool.Spool
	var all []error
	for _, c := range candidates {
		sp, err := spool.Open(c, spool.Options{})
		if err == nil {
			return sp, nil
		}
		if best == nil {
			best = sp
		}
		all = append(all, err)
	}
	return best, errors.Join(all...)
}

// hello announces the instance to the collector.
func (d *delivery) hello(h event.Hello) {
	if d.sp == nil {
		return
	}
	d.mu.Lock()
	d.greet = &h
	d.mu.Unlock()
	d.poke()
}

func (d *delivery) poke() {
	select {
	case d.wake <- struct{}{}:
	default:
	}
}

// add stores an event. It does not wait for the collector.
func (d *delivery) add(e event.Event) {
	if d.out == "" && d.sp == nil {
		return
	}
	data, err := event.Encode(&e)
	if err == nil && d.out != "" {
		err = writeEvent(d.out, &e, data)
	}
	if err != nil {
		d.mu.Lock()
		d.lost++
		d.lostErr = err
		d.mu.Unlock()
	}
	if d.sp == nil || len(data) == 0 {
		return
	}
	// The spool counts what was dropped by itself, and tells it in its own way.
	if e.Dropped > 0 {
		if err = d.sp.CountDropped(e.Dropped); err == nil {
			e.Dropped = 0
			data, err = event.Encode(&e)
		}
	}
	if err == nil {
		add := d.sp.Add
		if e.Exit != nil {
			add = d.sp.AddLast
		}
		err = add(data)
	}
	d.mu.Lock()
	if err != nil {
		d.sendErr = err
	}
	d.mu.Unlock()
	d.poke()
}

// writeEvent writes one file, which appears whole or not at all. Its name sorts
// by time. Only its owner may read it: it holds the insides of a program.
func writeEvent(dir string, e *event.Event, data []byte) error {
	class := strings.ReplaceAll(string(e.Class), "/", "_")
	name := e.OccurredAt.UTC().Format("20060102T150405.000000Z") + "-" + class + "-" + e.ID + ".json"
	tmp := filepath.Join(dir, "."+name+".tmp")
	err := os.WriteFile(tmp, append(data, '\n'), 0o600)
	if err == nil {
		err = os.Rename(tmp, filepath.Join(dir, name))
	}
	if err != nil {
		os.Remove(tmp) //nolint:errcheck // the error that counts is the one above
		return fmt.Errorf("write event: %w", err)
	}
	return nil
}

// send delivers whatever waits, whenever something came, until stop.
func (d *delivery) send(ctx context.Context) {
	defer close(d.done)
	retry := time.NewTimer(deliveryRetry)
	defer retry.Stop()
	for {
		stopping := false
		select {
		case <-d.wake:
		case <-retry.C:
		case <-d.stop:
			stopping = true
		}
		err := d.sendOnce(ctx)
		d.mu.Lock()
		d.sendErr = err
		d.mu.Unlock()
		if stopping {
			return
		}
		retry.Reset(deliveryRetry)
	}
}

func (d *delivery) sendOnce(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, oneDelivery)
	defer cancel()
	// Events first: they may be the last ones, and cannot be made again.
	if _, err := d.sender.Drain(ctx, d.sp); err != nil {
		return err
	}
	d.mu.Lock()
	greet := d.greet
	d.mu.Unlock()
	if greet == nil {
		return nil
	}
	if err := d.sender.Hello(ctx, greet); err != nil {
		return err
	}
	d.mu.Lock()
	d.greet = nil
	d.mu.Unlock()
	return nil
}

// finish makes a last attempt, and says what has not arrived.
func (d *delivery) finish() {
	if d.sp != nil {
		time.AfterFunc(lastDelivery, d.cancel)
		close(d.stop)
		<-d.done
		d.cancel()
		d.tellPending()
	}
	if d.lost > 0 {
		fmt.Fprintf(d.w, "backstop: warning: %s not written to %s: %v\n", count(d.lost, "event was", "events were"), d.out, d.lostErr)
	}
}

func (d *delivery) tellPending() {
	waiting, err := d.sp.Pending()
	switch {
	case err != nil && d.sendErr != nil:
		fmt.Fprintf(d.w, "backstop: warning: events were not delivered (%s), and nothing keeps them: %s\n",
			supervise.OneLine(errText(d.sendErr), 300), supervise.OneLine(err.Error(), 300))
	case err != nil:
		fmt.Fprintf(d.w, "backstop: warning: %s\n", supervise.OneLine(err.Error(), 300))
	case waiting > 0:
		fmt.Fprintf(d.w, "backstop: warning: %s not delivered (%s); kept in %s for the next run\n",
			count(waiting, "event was", "events were"), supervise.OneLine(errText(d.sendErr), 300), d.sp.Dir())
	case d.sendErr != nil:
		fmt.Fprintf(d.w, "backstop: warning: collector: %s\n", supervise.OneLine(errText(d.sendErr), 300))
	}
}

func errText(err error) string {
	if err == nil {
		return "no answer in time"
	}
	return err.Error()
}
