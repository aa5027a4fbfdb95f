package backstop

import (
	"context"
	"net/http"

	"github.com/backstop-go/backstop/event"
	"github.com/backstop-go/backstop/internal/inflight"
)

// Serve is to servers that are not net/http's what [Handler] is to those that
// are: it calls f, on this goroutine, as the server of r, and reports a panic of
// f with r. While f runs, the guards and whoever reports the end of the process
// find r. r is only read, and before f is called; r.TraceID, when empty, is asked
// of Options.TraceID.
//
// With Repanic, the panic is raised again. Otherwise Serve returns its value, for
// the caller to answer; nil means that f returned. http.ErrAbortHandler is
// always raised again and never reported.
func Serve(ctx context.Context, r *event.Request, o HandlerOptions, f func(ctx context.Context)) (panicked any) {
	if ctx == nil {
		ctx = context.Background()
	}
	s := called{outer: ctx}
	if a := current.Load(); a != nil {
		ctx = s.prepare(a, r)
	}
	return s.serve(ctx, &o, f)
}

// A called is one call of Serve.
type called struct {
	entered
	outer context.Context
}

func (s *called) prepare(a *agent, r *event.Request) (ctx context.Context) {
	ctx = s.outer
	defer func() { recover() }() // a context of theirs, at fault
	checkFault("request")
	i := requestInfo{Entry: inflight.Entry{Method: r.Method, Path: r.URL, Route: r.Route, Traceparent: r.TraceID, RequestID: r.RequestID}}
	if i.Traceparent == "" && a.options.TraceID != nil {
		i.Traceparent = a.traceID(s.outer)
	}
	s.enter(s.outer, a, &i, nil)
	s.faults(a)
	if s.labels = a.usesLabels(); s.labels || a.table == nil {
		c := &requestContext{Context: s.outer, info: i}
		if s.labels {
			c.Context = labelled(s.outer, &c.info)
			setLabels(c.Context)
		}
		ctx = c
	}
	return ctx
}

// serve gets the options beside s: parts of s escape, and o.Ignore, which may be
// made for the request, would with them.
func (s *called) serve(ctx context.Context, o *HandlerOptions, f func(context.Context)) (v any) {
	defer func() {
		v = recover()
		if v != nil && v != http.ErrAbortHandler && !o.ignores(v) { //nolint:errorlint // net/http compares the same way
			captureServed(ctx, v, mannerOf(ctx, o.OnPanic))
		}
		s.leave()
		if v == http.ErrAbortHandler || v != nil && o.OnPanic == Repanic { //nolint:errorlint // as above
			repanic(v)
		}
		if s.labels {
			setLabels(s.outer)
		}
	}()
	f(ctx)
	return nil
}
