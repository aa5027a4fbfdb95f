package backstopgrpc_test

import (
	"google.golang.org/grpc"

	backstopgrpc "github.com/backstop-go/backstop/contrib/grpc"
)

func Example() {
	server := grpc.NewServer(
		grpc.ChainUnaryInterceptor(backstopgrpc.UnaryServer(backstopgrpc.Options{})),
		grpc.ChainStreamInterceptor(backstopgrpc.StreamServer(backstopgrpc.Options{})),
	)
	defer server.Stop()
}
