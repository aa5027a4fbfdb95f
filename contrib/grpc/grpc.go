// Package backstopgrpc reports the panics of gRPC servers with their request,
// and answers them. grpc-go itself lets a panic of a handler end the process.
//
//	grpc.NewServer(
//		grpc.ChainUnaryInterceptor(backstopgrpc.UnaryServer(backstopgrpc.Options{})),
//		grpc.ChainStreamInterceptor(backstopgrpc.StreamServer(backstopgrpc.Options{})),
//	)
//
// Put the interceptors first, so that they see the panics of other interceptors
// too; but behind (inside) one that recovers panics itself, for of what that
// recovers they would see nothing.
//
// There are no interceptors for clients: a panic below a call happens on the
// caller's goroutine, where the caller's guard reports it.
package backstopgrpc

import (
	"context"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/backstop-go/backstop"
	"github.com/backstop-go/backstop/event"
)

// Options tell the interceptors what to do with a panic once it is reported. The
// zero value answers with codes.Internal.
type Options struct {
	// Repanic raises the panic again: it ends the process, as without
	// interceptors, or is left to an interceptor further out.
	Repanic bool
}

func (o Options) handler() backstop.HandlerOptions {
	if o.Repanic {
		return backstop.HandlerOptions{OnPanic: backstop.Repanic}
	}
	return backstop.HandlerOptions{OnPanic: backstop.Answer500} // Serve leaves the answer to us
}

// errPanicked says nothing of the panic: it goes to the client.
var errPanicked = status.Error(codes.Internal, "internal error")

// UnaryServer reports the panics of unary calls with the full method, the trace
// id of the traceparent metadata, and x-request-id. While a call is served,
// guards find its request, as in backstop.Handler.
func UnaryServer(o Options) grpc.UnaryServerInterceptor {
	h := o.handler()
	return func(ctx context.Context, req any, info *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (resp any, err error) {
		r := request(ctx, info.FullMethod)
		v := backstop.Serve(ctx, &r, h, func(ctx context.Context) { resp, err = handler(ctx, req) })
		if v != nil {
			return nil, errPanicked
		}
		return resp, err
	}
}

// StreamServer does for streams what [UnaryServer] does for unary calls. A
// client that has received messages by then sees the stream end with
// codes.Internal.
func StreamServer(o Options) grpc.StreamServerInterceptor {
	h := o.handler()
	return func(srv any, stream grpc.ServerStream, info *grpc.StreamServerInfo, handler grpc.StreamHandler) (err error) {
		outer := stream.Context()
		r := request(outer, info.FullMethod)
		v := backstop.Serve(outer, &r, h, func(ctx context.Context) {
			if ctx != outer {
				stream = &streamWithContext{stream, ctx}
			}
			err = handler(srv, stream)
		})
		if v != nil {
			return errPanicked
		}
		return err
	}
}

// streamWithContext is needed where Serve hands the request on in the context.
type streamWithContext struct {
	grpc.ServerStream
	ctx context.Context
}

// Context returns the context with the request.
func (s *streamWithContext) Context() context.Context { return s.ctx }

// request takes down a call. gRPC knows no other method than POST, and no query.
func request(ctx context.Context, method string) event.Request {
	return event.Request{
		Method:    "POST",
		URL:       method,
		Route:     method,
		TraceID:   event.TraceIDFromTraceparent(first(ctx, "traceparent")),
		RequestID: first(ctx, "x-request-id"),
	}
}

func first(ctx context.Context, key string) string {
	if v := metadata.ValueFromIncomingContext(ctx, key); len(v) > 0 {
		return v[0]
	}
	return ""
}
