package backstopgrpc_test

import (
	"context"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"

	"github.com/backstop-go/backstop"
	backstopgrpc "github.com/backstop-go/backstop/contrib/grpc"
)

// BenchmarkUnary is a call without a panic, through the interceptor alone.
func BenchmarkUnary(b *testing.B) {
	handler := func(_ context.Context, req any) (any, error) { return req, nil }
	info := &grpc.UnaryServerInfo{FullMethod: unary}
	intercept := backstopgrpc.UnaryServer(backstopgrpc.Options{})
	bare := context.Background()
	withMetadata := metadata.NewIncomingContext(bare, metadata.Pairs("traceparent", traceparent, "x-request-id", "r-17", "user-agent", "grpc-go"))
	for _, c := range []struct {
		name string
		ctx  context.Context
		call func(ctx context.Context) (any, error)
	}{
		{"without interceptor", withMetadata, func(ctx context.Context) (any, error) { return handler(ctx, info) }},
		{"no metadata", bare, func(ctx context.Context) (any, error) { return intercept(ctx, info, info, handler) }},
		{"trace and request id", withMetadata, func(ctx context.Context) (any, error) { return intercept(ctx, info, info, handler) }},
	} {
		b.Run(c.name, func(b *testing.B) {
			if err := backstop.Start(backstop.Options{Service: "svc", SpoolDir: b.TempDir(), DisableMonitor: true}); err != nil {
				b.Fatal(err)
			}
			defer backstop.Stop(context.Background()) //nolint:errcheck // there is nothing to deliver
			b.ReportAllocs()
			for b.Loop() {
				if _, err := c.call(c.ctx); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
