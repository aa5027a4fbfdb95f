package backstop

import (
	"context"
	"net/http"
	"strings"
	"sync/atomic"

	"github.com/backstop-go/backstop/event"
)

// requestInfo is what is kept of a request while it is served: strings that
// nobody changes any more.
type requestInfo struct {
	method, path, route, traceparent, requestID string
}

// request makes the event's view of it; nil when there was no request.
func (i *requestInfo) request() *event.Request {
	if *i == (requestInfo{}) {
		return nil
	}
	return &event.Request{
		Method:    event.Clip(i.method, event.MaxMethod),
		URL:       labelText(i.path, event.MaxPath), // as the label has it
		Route:     event.Clip(i.route, event.MaxRoute),
		TraceID:   event.TraceIDFromTraceparent(i.traceparent),
		RequestID: event.Clip(i.requestID, event.MaxRequestID),
	}
}

// A requestContext carries the request to whatever is called with its context.
// It is the context, so that a request costs one allocation for it.
type requestContext struct {
	context.Context
	info requestInfo
	// live is the request as the handler sees it. net/http's mux writes the
	// route into it, so only the handler's own goroutine may look.
	live *http.Request
	// reported is the last panic value that a handler within this one reported.
	reported atomic.Pointer[any]
	// writer is used when the handler may have to be answered for.
	writer responseWriter
}

// report notes for the handlers around this one that v was reported. They may
// meet it on another goroutine: http.TimeoutHandler serves on one of its own,
// and panics again with the same value.
func (c *requestContext) report(v any) {
	defer func() { recover() }() // a context of theirs, at fault
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
	defer func() { recover() }() // values that cannot be compared: report again
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

// fill takes down the request.
func (i *requestInfo) fill(r *http.Request) {
	i.method = r.Method
	i.path = r.URL.EscapedPath()
	i.route = pattern(r)
	i.traceparent = headerValue(r.Header, "Traceparent")
	i.requestID = headerValue(r.Header, "X-Request-Id")
}

// headerValue reads a header by its canonical name.
func headerValue(h http.Header, name string) string {
	if v := h[name]; len(v) > 0 {
		return v[0]
	}
	return ""
}

// now is the request with the route as far as it is known by now.
func (c *requestContext) now() requestInfo {
	i := c.info
	if c.live != nil {
		if route := pattern(c.live); route != "" {
			i.route = route
		}
	}
	return i
}

// requestIn returns the request of a context. inHandler says that the calling
// goroutine is the one that serves it.
func requestIn(ctx context.Context, inHandler bool) requestInfo {
	c := requestOf(ctx)
	switch {
	case c == nil:
		return requestInfo{}
	case inHandler:
		return c.now()
	}
	return c.info
}

// forGoroutine makes the context for a goroutine that may outlive its handler:
// the route is taken down now, by the goroutine that may look.
func forGoroutine(ctx context.Context) (out context.Context) {
	if ctx == nil {
		return context.Background()
	}
	defer func() {
		if recover() != nil {
			out = ctx // a fault of ours, or of a context of theirs
		}
	}()
	checkFault("goroutine")
	c := requestOf(ctx)
	if c == nil || c.live == nil {
		return ctx
	}
	return &requestContext{Context: ctx, info: c.now()}
}

// labelText makes a text safe for the header line of a goroutine: readers of
// tracebacks cut that at brackets, braces and quotes. Such bytes are written as
// in a URL.
func labelText(s string, limit int) string {
	if len(s) > limit {
		s = s[:limit]
	}
	for i := 0; i < len(s); i++ {
		if !labelSafe(s[i]) {
			return escapeLabel(s, i, limit)
		}
	}
	return s
}

func escapeLabel(s string, from, limit int) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	b.WriteString(s[:from])
	for i := from; i < len(s) && b.Len()+3 <= limit; i++ {
		if c := s[i]; labelSafe(c) {
			b.WriteByte(c)
		} else {
			b.Write([]byte{'%', hex[c>>4], hex[c&15]})
		}
	}
	return b.String()
}

func labelSafe(c byte) bool {
	switch c {
	case '"', '\\', '[', ']', '{', '}':
		return false
	}
	return c >= 0x20 && c < 0x7f
}
