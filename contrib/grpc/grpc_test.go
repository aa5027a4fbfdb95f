package backstopgrpc_test

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"github.com/backstop-go/backstop"
	backstopgrpc "github.com/backstop-go/backstop/contrib/grpc"
	"github.com/backstop-go/backstop/event"
	"github.com/backstop-go/backstop/internal/crashtest"
	"github.com/backstop-go/backstop/internal/inflight"
)

const (
	trace       = "4bf92f3577b34da6a3ce929d0e0e4736"
	traceparent = "00-" + trace + "-00f067aa0ba902b7-01"
	unary       = "/test.Shop/Order"
	stream      = "/test.Shop/Chat"
)

func TestMain(m *testing.M) {
	crashtest.Main(m, map[string]crashtest.Program{"repanic": repanic, "fatal": fatal})
}

// A shop does what it is told by the text of a message.
type shop struct {
	exiting chan struct{} // closed by a handler that ends its goroutine
	left    sync.WaitGroup
}

//go:noinline
func take(stock map[string]int) { stock["book"]-- }

func do(what string) string {
	switch what {
	case "panic":
		take(nil)
	case "fatal":
		new(sync.Mutex).Unlock() //nolint:staticcheck // the runtime ends the program for it
	case "refuse":
		panic(status.Error(codes.NotFound, "a status as a panic"))
	}
	return "done: " + what
}

func (s *shop) order(ctx context.Context, in *wrapperspb.StringValue) (any, error) {
	switch in.GetValue() {
	case "error":
		return nil, status.Error(codes.NotFound, "no such book")
	case "goexit":
		defer close(s.exiting)
		runtime.Goexit()
	case "goroutine":
		s.left.Add(1)
		backstop.Go(ctx, func(context.Context) {
			defer s.left.Done()
			defer backstop.Recover(ctx)
			do("panic")
		})
		s.left.Wait()
	}
	return wrapperspb.String(do(in.GetValue())), nil
}

func (s *shop) chat(stream grpc.ServerStream) error {
	for {
		var in wrapperspb.StringValue
		if err := stream.RecvMsg(&in); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		if in.GetValue() == "capture" {
			backstop.Capture(stream.Context(), "captured")
		}
		if err := stream.SendMsg(wrapperspb.String(do(in.GetValue()))); err != nil {
			return err
		}
	}
}

var service = grpc.ServiceDesc{
	ServiceName: "test.Shop",
	HandlerType: (*any)(nil),
	Methods: []grpc.MethodDesc{{MethodName: "Order", Handler: func(srv any, ctx context.Context, dec func(any) error, i grpc.UnaryServerInterceptor) (any, error) {
		in := new(wrapperspb.StringValue)
		if err := dec(in); err != nil {
			return nil, err
		}
		return i(ctx, in, &grpc.UnaryServerInfo{Server: srv, FullMethod: unary}, func(ctx context.Context, req any) (any, error) {
			return srv.(*shop).order(ctx, req.(*wrapperspb.StringValue))
		})
	}}},
	Streams: []grpc.StreamDesc{{StreamName: "Chat", ServerStreams: true, ClientStreams: true, Handler: func(srv any, s grpc.ServerStream) error {
		return srv.(*shop).chat(s)
	}}},
}

// serve starts a server and returns a client of it.
func serve(s *shop, o backstopgrpc.Options) (*grpc.ClientConn, func(), error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, nil, err
	}
	server := grpc.NewServer(
		grpc.ChainUnaryInterceptor(backstopgrpc.UnaryServer(o)),
		grpc.ChainStreamInterceptor(backstopgrpc.StreamServer(o)),
	)
	server.RegisterService(&service, s)
	go server.Serve(l) //nolint:errcheck // ends with Stop
	client, err := grpc.NewClient(l.Addr().String(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		server.Stop()
		return nil, nil, err
	}
	return client, func() {
		client.Close()
		server.Stop()
	}, nil
}

// setup starts Backstop, a server and a client. stop ends all and returns the
// events as the collector understands them.
func setup(t *testing.T, s *shop) (client *grpc.ClientConn, stop func() []event.Event) {
	t.Helper()
	events := start(t, t.TempDir())
	client, end, err := serve(s, backstopgrpc.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(end)
	return client, func() []event.Event {
		end()
		return events()
	}
}

func start(t *testing.T, dir string) (events func() []event.Event) {
	t.Helper()
	collector := crashtest.NewCollector(t)
	if err := backstop.Start(backstop.Options{Service: "svc", Collector: collector.URL, SpoolDir: dir, DisableMonitor: true}); err != nil {
		t.Fatal(err)
	}
	end := func() error {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		return backstop.Stop(ctx)
	}
	t.Cleanup(func() { end() }) //nolint:errcheck // tests that care have called events
	return func() []event.Event {
		t.Helper()
		if err := end(); err != nil {
			t.Fatal(err)
		}
		var events []event.Event
		for _, data := range collector.Events() {
			e, err := event.Decode(data)
			if err != nil {
				t.Fatal(err)
			}
			event.Interpret(&e)
			events = append(events, e)
		}
		return events
	}
}

func order(ctx context.Context, client *grpc.ClientConn, what string) (string, error) {
	ctx = metadata.AppendToOutgoingContext(ctx, "traceparent", traceparent, "x-request-id", "r-"+what)
	var out wrapperspb.StringValue
	err := client.Invoke(ctx, unary, wrapperspb.String(what), &out)
	return out.GetValue(), err
}

func bounded(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}

func checkRequest(t *testing.T, e event.Event, route, id string) {
	t.Helper()
	if r := e.Request; r == nil || r.Method != "POST" || r.URL != route || r.Route != route || r.TraceID != trace || r.RequestID != id {
		t.Errorf("%s: request %+v, want route %s and id %s", e.PanicValue, r, route, id)
	}
}

func TestUnary(t *testing.T) {
	client, stop := setup(t, &shop{})
	ctx := bounded(t)
	if out, err := order(ctx, client, "a book"); err != nil || out != "done: a book" {
		t.Errorf("%q, %v", out, err)
	}
	if _, err := order(ctx, client, "error"); status.Code(err) != codes.NotFound {
		t.Errorf("a handler's own error became %v", err)
	}
	for _, what := range []string{"panic", "refuse", "panic"} {
		_, err := order(ctx, client, what)
		if s := status.Convert(err); s.Code() != codes.Internal || s.Message() != "internal error" {
			t.Errorf("%s: %v", what, err)
		}
	}
	if out, err := order(ctx, client, "goroutine"); err != nil || out != "done: goroutine" {
		t.Errorf("%q, %v", out, err)
	}
	events := stop()
	if len(events) != 4 {
		t.Fatalf("%d events: %+v", len(events), events)
	}
	for i, id := range []string{"r-panic", "r-refuse", "r-panic", "r-goroutine"} {
		checkRequest(t, events[i], unary, id)
		if o := events[i].Report.Origin(); !events[i].Report.Recovered || o == nil || !strings.Contains(o.File, "grpc_test.go") {
			t.Errorf("%s: recovered %v, origin %v", id, events[i].Report.Recovered, o)
		}
	}
	if events[0].Class != "panic.nil_map" || events[0].StackHash != events[2].StackHash {
		t.Errorf("class %s, stack hashes %s and %s", events[0].Class, events[0].StackHash, events[2].StackHash)
	}
}

// TestStreamPanicsMidway has received answers when the handler panics.
func TestStreamPanicsMidway(t *testing.T) {
	client, stop := setup(t, &shop{})
	ctx := metadata.AppendToOutgoingContext(bounded(t), "traceparent", traceparent, "x-request-id", "r-1")
	s, err := client.NewStream(ctx, &service.Streams[0], stream)
	if err != nil {
		t.Fatal(err)
	}
	var out wrapperspb.StringValue
	for _, what := range []string{"one", "capture", "two"} {
		if err := s.SendMsg(wrapperspb.String(what)); err != nil {
			t.Fatal(err)
		}
		if err := s.RecvMsg(&out); err != nil || out.GetValue() != "done: "+what {
			t.Fatalf("%q, %v", out.GetValue(), err)
		}
	}
	if err := s.SendMsg(wrapperspb.String("panic")); err != nil {
		t.Fatal(err)
	}
	if err := s.RecvMsg(&out); status.Code(err) != codes.Internal {
		t.Errorf("the stream ended with %v", err)
	}
	if _, err := order(bounded(t), client, "after"); err != nil {
		t.Errorf("the server serves no more: %v", err)
	}
	events := stop()
	if len(events) != 2 {
		t.Fatalf("%d events: %+v", len(events), events)
	}
	for _, e := range events {
		checkRequest(t, e, stream, "r-1")
	}
}

// TestGoexit ends the goroutine of a call: grpc-go then answers nothing. The
// next call must not be taken for it.
func TestGoexit(t *testing.T) {
	s := &shop{exiting: make(chan struct{})}
	client, stop := setup(t, s)
	ctx, cancel := context.WithCancel(bounded(t))
	go func() {
		<-s.exiting
		cancel()
	}()
	if _, err := order(ctx, client, "goexit"); status.Code(err) != codes.Canceled {
		t.Errorf("a call that ended its goroutine was answered: %v", err)
	}
	if _, err := order(bounded(t), client, "panic"); status.Code(err) != codes.Internal {
		t.Errorf("%v", err)
	}
	events := stop()
	if len(events) != 1 {
		t.Fatalf("%d events: %+v", len(events), events)
	}
	checkRequest(t, events[0], unary, "r-panic")
}

// repanic is a server that is to die of its handler's panic.
func repanic(args []string) {
	err := backstop.Start(backstop.Options{Service: "svc", SpoolDir: args[0], DisableMonitor: true})
	if err != nil {
		os.Exit(3)
	}
	client, _, err := serve(&shop{}, backstopgrpc.Options{Repanic: true})
	if err != nil {
		os.Exit(4)
	}
	order(context.Background(), client, "panic") //nolint:errcheck // there is no answer
	select {}
}

func TestRepanicEndsTheProcess(t *testing.T) {
	dir := t.TempDir()
	r := crashtest.Run(t, "repanic", crashtest.Options{Args: []string{dir}})
	if r.Exit != 2 || r.Hung || !strings.Contains(r.Stderr, "panic: assignment to entry in nil map") {
		t.Fatalf("exit %d, hung %v: %s", r.Exit, r.Hung, r.Stderr)
	}
	events := start(t, dir)()
	if len(events) != 1 || events[0].Report.Recovered {
		t.Fatalf("%+v", events)
	}
	checkRequest(t, events[0], unary, "r-panic")
}

// fatal is a server that dies of a call in a way that no recover can see, while
// another call is being served.
func fatal(args []string) {
	err := backstop.Start(backstop.Options{Service: "svc", SpoolDir: args[0], Collector: args[1]})
	if err != nil {
		os.Exit(3)
	}
	client, _, err := serve(&shop{}, backstopgrpc.Options{})
	if err != nil {
		os.Exit(4)
	}
	ctx := metadata.AppendToOutgoingContext(context.Background(), "x-request-id", "r-waiting")
	s, err := client.NewStream(ctx, &service.Streams[0], stream)
	if err != nil || s.SendMsg(wrapperspb.String("one")) != nil || s.RecvMsg(new(wrapperspb.StringValue)) != nil {
		os.Exit(5)
	}
	order(context.Background(), client, "fatal") //nolint:errcheck // there is no answer
	select {}
}

// TestFatalErrorNamesItsCall: the monitor finds calls in the table of requests
// in flight as it finds those of net/http.
func TestFatalErrorNamesItsCall(t *testing.T) {
	if runtime.GOOS != "linux" {
		crashtest.Skip(t, "no table of requests in flight on %s", runtime.GOOS)
	}
	collector := crashtest.NewCollector(t)
	r := crashtest.Run(t, "fatal", crashtest.Options{Args: []string{t.TempDir(), collector.URL}})
	if r.Exit != 2 || r.Hung {
		t.Fatalf("exit %d, hung %v: %s", r.Exit, r.Hung, r.Stderr)
	}
	crashtest.Eventually(t, "an event", func() bool { return len(collector.Events()) == 1 })
	e, err := event.Decode(collector.Events()[0])
	if err != nil {
		t.Fatal(err)
	}
	event.Interpret(&e)
	table, err := inflight.Undump(e.TableGzip)
	if err != nil {
		t.Fatal(err)
	}
	table.AddTo(&e) // as the collector does
	checkRequest(t, e, unary, "r-fatal")
	waiting := 0
	for _, f := range e.InFlight {
		if f.Request.Route == stream && f.Request.RequestID == "r-waiting" {
			waiting++
		}
	}
	if waiting != 1 {
		t.Errorf("in flight: %+v", e.InFlight)
	}
}
