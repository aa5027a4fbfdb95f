// Package backstopgin reports the panics of gin handlers with their request and
// gin's route. net/http's middleware does not fit gin: gin.Recovery, which
// gin.Default brings, stands further in and leaves it nothing to see.
//
//	r := gin.Default()
//	r.Use(backstopgin.Middleware(backstopgin.Options{}))
//
// The order matters: Middleware has to stand behind (inside) gin.Recovery, or
// without it. Before (outside) gin.Recovery it sees no panic, though it still
// tells whoever reports the end of the process which requests were in flight.
package backstopgin

import (
	"context"
	"errors"
	"net"
	"net/http"
	"syscall"

	"github.com/gin-gonic/gin"

	"github.com/backstop-go/backstop"
	"github.com/backstop-go/backstop/event"
)

// Options tell Middleware what to do. The zero value reports and panics again,
// for gin.Recovery or net/http.
type Options struct {
	// OnPanic is what is done with a panic once it is reported. Where it is
	// answered, the handlers that were to come are left out, as gin's Abort
	// does; where part of the response was written, the connection is aborted,
	// so that the client sees that the response is incomplete (which a
	// gin.Recovery further out prevents).
	OnPanic backstop.Response
}

// Middleware reports the panics of the handlers behind it: method, path (never
// the query), the route (c.FullPath), the trace id of a valid traceparent header,
// and X-Request-Id. While they run, the guards find the request, as in
// backstop.Handler.
//
// http.ErrAbortHandler is no crash, and neither is an error of writing to the
// client's own connection that a handler panics with because the client has
// gone: they are passed on and not reported. gin.Recovery takes each EPIPE and
// ECONNRESET for that, also those of a database's connection.
func Middleware(o Options) gin.HandlerFunc {
	return func(c *gin.Context) {
		outer := c.Request.Context()
		r := request(c)
		h := backstop.HandlerOptions{OnPanic: o.OnPanic, Ignore: func(v any) bool { return clientGone(c, v) }}
		v := backstop.Serve(outer, &r, h, func(ctx context.Context) {
			if ctx != outer {
				c.Request = c.Request.WithContext(ctx)
			}
			c.Next()
		})
		if v != nil {
			answer(c, v, o.OnPanic)
		}
	}
}

// request takes down the request. gin has found the route by now.
func request(c *gin.Context) event.Request {
	return event.Request{
		Method:    c.Request.Method,
		URL:       c.Request.URL.EscapedPath(),
		Route:     c.FullPath(),
		TraceID:   event.TraceIDFromTraceparent(first(c.Request.Header, "Traceparent")),
		RequestID: first(c.Request.Header, "X-Request-Id"),
	}
}

// first reads a header by its canonical name.
func first(h http.Header, name string) string {
	if v := h[name]; len(v) > 0 {
		return v[0]
	}
	return ""
}

// clientGone reports whether v is an error of the client's own connection, which
// the client has closed.
func clientGone(c *gin.Context, v any) bool {
	err, ok := v.(error)
	if !ok || !errors.Is(err, syscall.EPIPE) && !errors.Is(err, syscall.ECONNRESET) {
		return false
	}
	var op *net.OpError
	return errors.As(err, &op) && op.Addr != nil && op.Addr.String() == c.Request.RemoteAddr
}

// describing lists the headers that describe the body that did not come.
var describing = []string{
	"Cache-Control", "Content-Disposition", "Content-Encoding", "Content-Length", "Content-Range",
	"Content-Type", "Etag", "Expires", "Last-Modified", "Trailer",
}

// answer answers in place of a handler that panicked with v.
func answer(c *gin.Context, v any, how backstop.Response) {
	if clientGone(c, v) {
		c.Error(v.(error)) //nolint:errcheck // it returns what it was given
		c.Abort()
		return
	}
	if c.Writer.Written() {
		panic(http.ErrAbortHandler)
	}
	for _, name := range describing {
		c.Writer.Header().Del(name)
	}
	status := http.StatusInternalServerError
	if how == backstop.Answer503 {
		status = http.StatusServiceUnavailable
	}
	c.AbortWithStatus(status)
}
