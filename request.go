package backstop

import (
	"context"
	"net/http"
	"strings"
	"sync/atomic"

	"github.com/backstop-go/backstop/event"
	"github.com/backstop-go/backstop/internal/inflight"
)

// requestInfo is what is kept of a request while it is served, as it is entered
// into the table: strings that nobody changes any more.
type requestInfo struct {
	inflight.Entry
	via event.Via // "" when the goroutine or its context told
}

// request makes the event's view of it; nil when there was no request.
func (i *requestInfo) request() *event.Request {
	if *i == (requestInfo{}) {
		return nil
	}
	return &event.Request{
		Method:    event.Clip(i.Method, event.MaxMethod),
		URL:       labelText(i.Path, event.MaxPath), // as the label has it
		Route:     event.Clip(i.Route, event.MaxRoute),
		TraceID:   traceID(i.Traceparent),
		RequestID: event.Clip(i.RequestID, event.MaxRequestID),
		Via:       i.via,
	}
}

// fill takes down the request.
func (i *requestInfo) fill(a *agent, r *http.Request) {
	i.Method = r.Method
	i.Path = requestPath(r)
	i.Route = pattern(r)
	i.RequestID = headerValue(r.Header, "X-Request-Id")
	i.Traceparent = headerValue(r.Header, "Traceparent")
	if a.options.TraceID != nil && traceID(i.Traceparent) == "" {
		i.Traceparent = a.traceID(r.Context())
	}
}

// traceID reads the trace id of a traceparent, or is one.
func traceID(s string) string {
	if event.IsTraceID(s) {
		return s
	}
	return event.TraceIDFromTraceparent(s)
}

// traceID asks the program for the trace id of a context.
func (a *agent) traceID(ctx context.Context) (id string) {
	defer func() { recover() }() //backstop:ignore recover-swallow the program's own code, at fault
	return a.options.TraceID(ctx)
}

// requestPath is the path as the client sent it. A server has it in RequestURI
// already; requests made by hand have not.
func requestPath(r *http.Request) string {
	if path := r.RequestURI; strings.HasPrefix(path, "/") {
		if end := strings.IndexAny(path, "?#"); end >= 0 {
			path = path[:end]
		}
		return path
	}
	if r.URL == nil {
		return ""
	}
	return r.URL.EscapedPath()
}

// headerValue reads a header by its canonical name.
func headerValue(h http.Header, name string) string {
	if v := h[name]; len(v) > 0 {
		return v[0]
	}
	return ""
}

// A requestContext carries the request to whatever is called with its context,
// where the table of requests in flight cannot tell. It is the context, so that
// it costs one allocation.
type requestContext struct {
	context.Context
	info requestInfo
	// live is the request as the handler sees it. net/http's mux writes the
	// route into it, so only the handler's own goroutine may look.
	live *http.Request
	// reported is the last panic value that a handler within this one reported.
	reported atomic.Pointer[any]
}

// report notes for the handlers around this one that v was reported. They may
// meet it on another goroutine: http.TimeoutHandler serves on one of its own,
// and panics again with the same value.
func (c *requestContext) report(v any) {
	defer func() { recover() }() //backstop:ignore recover-swallow a context of theirs, at fault
	for outer := requestOf(c.Context); outer != nil; outer = requestOf(outer.Context) {
		outer.reported.Store(&v)
	}
}

// wasReported reports whether a handler within this one has reported v.
func (c *requestContext) wasReported(v any) (same bool) {
	p := c.reported.Load()
	if p == nil {
		return false
	}
	defer func() { recover() }() //backstop:ignore recover-swallow values that cannot be compared: report again
	return *p == v
}

type requestKey struct{}

// Value finds the requestContext itself under requestKey.
func (c *requestContext) Value(key any) any {
	if _, ok := key.(requestKey); ok {
		return c
	}
	return c.Context.Value(key)
}

func requestOf(ctx context.Context) *requestContext {
	if ctx == nil {
		return nil
	}
	c, _ := ctx.Value(requestKey{}).(*requestContext)
	return c
}

// look adds the route as far as it is known by now. live may be nil.
func (i *requestInfo) look(live *http.Request) {
	if live != nil {
		if route := pattern(live); route != "" {
			i.Route = route
		}
	}
}

// find takes down the request of a context or of the calling goroutine, if there
// is one. inHandler says that the goroutine is inside the call that the context's
// request was handed to.
func (i *requestInfo) find(ctx context.Context, inHandler bool) {
	c := requestOf(ctx)
	if c == nil {
		i.inFlight(ctx)
		return
	}
	*i = c.info
	if inHandler {
		i.look(c.live)
	}
}

// forGoroutine makes the context for a goroutine that may outlive its handler:
// the request is taken down now, by the goroutine that may look.
func forGoroutine(ctx context.Context) (out context.Context) {
	if ctx == nil {
		ctx = context.Background()
	}
	defer func() {
		if recover() != nil {
			out = ctx // a fault of ours, or of a context of theirs
		}
	}()
	checkFault("goroutine")
	c := requestOf(ctx)
	if c != nil && c.live == nil {
		return ctx // taken down before
	}
	var info requestInfo
	info.find(ctx, true)
	if info == (requestInfo{}) {
		return ctx
	}
	return &requestContext{Context: ctx, info: info}
}
