package safe

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"reflect"
	"strings"

	"github.com/backstop-go/backstop"
)

// Transport guards an http.RoundTripper, http.DefaultTransport when inner is
// nil:
//
//	client := &http.Client{Transport: safe.Transport(nil)}
//
// A panic in it becomes an error of the round trip, a [ServiceError] that names
// the host, and is reported with the request that the program was serving. That
// holds for the body and the GetBody function of the request, and for its
// httptrace hooks, too, which net/http's transport calls on goroutines of its
// own, where a panic would end the process. After a panic in the body, the
// request fails; after one in a hook, it goes on.
//
// The response is the caller's: a panic in its body is not guarded. Nothing is
// added to the request.
func Transport(inner http.RoundTripper) http.RoundTripper {
	if inner == nil {
		inner = http.DefaultTransport
	}
	return &transport{inner}
}

type transport struct{ inner http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (t *transport) RoundTrip(r *http.Request) (resp *http.Response, err error) {
	returned := false
	defer func() {
		if returned {
			return
		}
		v := recover()
		if v == nil {
			return // Goexit goes on
		}
		resp, err = nil, &ServiceError{host(r), backstop.Recovered(r.Context(), v)}
		// A RoundTripper must close the body, also on errors.
		closeBody(r)
	}()
	guarded := guardRequest(r)
	resp, err = t.inner.RoundTrip(guarded)
	returned = true
	if resp != nil && resp.Request == guarded {
		resp.Request = r
	}
	return resp, err
}

// CloseIdleConnections lets http.Client reach the inner transport's.
func (t *transport) CloseIdleConnections() {
	if c, ok := t.inner.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}

func host(r *http.Request) string {
	if r.URL != nil && r.URL.Host != "" {
		return r.URL.Host
	}
	return "http"
}

func closeBody(r *http.Request) {
	defer backstop.Recover(r.Context())
	if r.Body != nil {
		r.Body.Close() //nolint:errcheck // the panic is the error
	}
}

// guardRequest returns a request whose callbacks are guarded: r itself when it
// has none.
func guardRequest(r *http.Request) *http.Request {
	ctx := guardTrace(r.Context())
	body := r.Body != nil && r.Body != http.NoBody && !inMemory(r.Body)
	if !body && ctx == r.Context() {
		return r
	}
	r = r.WithContext(ctx) // a copy
	if !body {
		return r
	}
	name := host(r)
	r.Body = &guardedBody{ctx, name, r.Body}
	if get := r.GetBody; get != nil {
		r.GetBody = func() (body io.ReadCloser, err error) {
			body, err = Call(context.WithoutCancel(ctx), name, func(context.Context) (io.ReadCloser, error) { return get() })
			if err != nil {
				return nil, err
			}
			return &guardedBody{ctx, name, body}, nil
		}
	}
	return r
}

// inMemory reports whether a body is one that http.NewRequest made of a buffer:
// it cannot panic, and net/http's transport, which recognises it in the same way
// (net/http/transfer.go, isKnownInMemoryReader), sends it together with the
// header.
func inMemory(body io.Reader) bool {
	switch body.(type) {
	case *bytes.Reader, *bytes.Buffer, *strings.Reader:
		return true
	}
	if t := reflect.TypeOf(body); t == nopCloser || t == nopCloserWriterTo {
		inner, ok := reflect.ValueOf(body).Field(0).Interface().(io.Reader)
		return ok && inner != nil && inMemory(inner)
	}
	return false
}

var (
	nopCloser         = reflect.TypeOf(io.NopCloser(nil))
	nopCloserWriterTo = reflect.TypeOf(io.NopCloser((*bytes.Reader)(nil)))
)

// A guardedBody is a request's body, which the transport reads and closes on a
// goroutine of its own.
type guardedBody struct {
	ctx  context.Context
	host string
	io.ReadCloser
}

func (b *guardedBody) Read(p []byte) (n int, err error) {
	defer func() {
		if v := recover(); v != nil {
			n, err = 0, &ServiceError{b.host, backstop.Recovered(b.ctx, v)}
		}
	}()
	return b.ReadCloser.Read(p)
}

func (b *guardedBody) Close() (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = &ServiceError{b.host, backstop.Recovered(b.ctx, v)}
		}
	}()
	return b.ReadCloser.Close()
}
