package safe

import (
	"context"
	"crypto/tls"
	"net/http/httptrace"
	"net/textproto"
	"sync"

	"github.com/backstop-go/backstop"
)

// guardTrace returns a context whose httptrace hooks are guarded: ctx itself
// when it has none.
func guardTrace(ctx context.Context) context.Context {
	trace := httptrace.ContextClientTrace(ctx)
	key := traceKey()
	if trace == nil || key == nil {
		return ctx
	}
	// Without the old trace in it, or WithClientTrace would call that as well.
	return httptrace.WithClientTrace(withoutValue{ctx, key}, guardHooks(ctx, trace))
}

// withoutValue is a context without one of its values.
type withoutValue struct {
	context.Context
	key any
}

func (c withoutValue) Value(key any) any {
	if key == c.key {
		return nil
	}
	return c.Context.Value(key)
}

// traceKey is the key of a trace in a context, which httptrace keeps to itself:
// a context learns it by being asked.
var traceKey = sync.OnceValue(func() any {
	spy := &keySpy{Context: context.Background()}
	httptrace.ContextClientTrace(spy)
	return spy.asked
})

type keySpy struct {
	context.Context
	asked any
}

func (s *keySpy) Value(key any) any {
	s.asked = key
	return nil
}

// guardHooks wraps each hook that is set: net/http's transport behaves
// differently when one is.
func guardHooks(ctx context.Context, t *httptrace.ClientTrace) *httptrace.ClientTrace {
	g := &httptrace.ClientTrace{
		GetConn:              guard1(ctx, t.GetConn),
		GotConn:              guard1(ctx, t.GotConn),
		PutIdleConn:          guard1(ctx, t.PutIdleConn),
		GotFirstResponseByte: guard0(ctx, t.GotFirstResponseByte),
		Got100Continue:       guard0(ctx, t.Got100Continue),
		DNSStart:             guard1(ctx, t.DNSStart),
		DNSDone:              guard1(ctx, t.DNSDone),
		ConnectStart:         guard2(ctx, t.ConnectStart),
		TLSHandshakeStart:    guard0(ctx, t.TLSHandshakeStart),
		WroteHeaders:         guard0(ctx, t.WroteHeaders),
		Wait100Continue:      guard0(ctx, t.Wait100Continue),
		WroteRequest:         guard1(ctx, t.WroteRequest),
	}
	if f := t.Got1xxResponse; f != nil {
		g.Got1xxResponse = func(code int, header textproto.MIMEHeader) (err error) {
			defer func() {
				if v := recover(); v != nil {
					err = backstop.Recovered(ctx, v)
				}
			}()
			return f(code, header)
		}
	}
	if f := t.ConnectDone; f != nil {
		g.ConnectDone = func(network, addr string, err error) {
			defer backstop.Recover(ctx)
			f(network, addr, err)
		}
	}
	if f := t.TLSHandshakeDone; f != nil {
		g.TLSHandshakeDone = func(state tls.ConnectionState, err error) {
			defer backstop.Recover(ctx)
			f(state, err)
		}
	}
	if f := t.WroteHeaderField; f != nil {
		g.WroteHeaderField = func(key string, value []string) {
			defer backstop.Recover(ctx)
			f(key, value)
		}
	}
	return g
}

func guard0(ctx context.Context, f func()) func() {
	if f == nil {
		return nil
	}
	return func() {
		defer backstop.Recover(ctx)
		f()
	}
}

func guard1[A any](ctx context.Context, f func(A)) func(A) {
	if f == nil {
		return nil
	}
	return func(a A) {
		defer backstop.Recover(ctx)
		f(a)
	}
}

func guard2[A, B any](ctx context.Context, f func(A, B)) func(A, B) {
	if f == nil {
		return nil
	}
	return func(a A, b B) {
		defer backstop.Recover(ctx)
		f(a, b)
	}
}
