// Command grpcserver is a server of gRPC, and of HTTP/2 without TLS, with its own
// clients: it serves and calls as it is told on standard input, a command a line,
// and answers each with a line of JSON.
package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/h2c"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/types/known/emptypb"
)

type answer struct {
	Command string `json:"command"`
	Text    string `json:"text,omitempty"`
	Error   string `json:"error,omitempty"`
}

func main() {
	out := json.NewEncoder(os.Stdout)
	say := func(command, text string, err error) {
		a := answer{Command: command, Text: text}
		if err != nil {
			a.Error = err.Error()
		}
		if out.Encode(a) != nil {
			os.Exit(1)
		}
	}
	say("ready", "", nil)
	for in := bufio.NewScanner(os.Stdin); in.Scan(); {
		words := strings.Fields(in.Text())
		text, err := commands[words[0]](words[1:])
		say(words[0], text, err)
	}
}

var commands = map[string]func(words []string) (string, error){
	"serve":   func([]string) (string, error) { return serve(grpc.NewServer()) },
	"workers": func([]string) (string, error) { return serve(grpc.NewServer(grpc.NumStreamWorkers(2))) },
	"http":    func([]string) (string, error) { return serveHTTP(100) },
	"limited": func([]string) (string, error) { return serveHTTP(2) },
	"call":    func(words []string) (string, error) { return "", call(words) },
	"cancel":  func([]string) (string, error) { cancelLast(); return "", nil },
	"finish":  func([]string) (string, error) { finish(); return "", nil },
	"own":     func(words []string) (string, error) { return "", call(append([]string{served}, words...)) },
	"load":    func(words []string) (string, error) { return "", load(words[0]) },
	"await":   func(words []string) (string, error) { return "", await(words[0]) },
}

// shop has a method of each kind. They wait until their caller goes, but for those
// that shall not.
var shop = grpc.ServiceDesc{
	ServiceName: "shop.Cart",
	HandlerType: (*any)(nil),
	Methods: []grpc.MethodDesc{
		{MethodName: "Add", Handler: unary(wait)},
		{MethodName: "Stay", Handler: unary(func(context.Context) { select {} })},
		{MethodName: "Die", Handler: unary(func(context.Context) { panic("in a call") })},
		{MethodName: "Quick", Handler: unary(func(context.Context) {})},
	},
	Streams: []grpc.StreamDesc{
		{StreamName: "Watch", Handler: stream, ServerStreams: true},
		{StreamName: "Import", Handler: stream, ClientStreams: true},
		{StreamName: "Chat", Handler: stream, ServerStreams: true, ClientStreams: true},
	},
}

func wait(ctx context.Context) {
	waiting.Add(1)
	<-ctx.Done()
}

// waiting counts calls of wait.
var waiting atomic.Int64

// await waits until so many handlers wait for their callers to go.
func await(number string) error {
	n, err := strconv.ParseInt(number, 10, 64)
	for ; err == nil && waiting.Load() < n; time.Sleep(time.Millisecond) {
	}
	return err
}

// served is the address that was served last.
var served string

func unary(do func(context.Context)) func(any, context.Context, func(any) error, grpc.UnaryServerInterceptor) (any, error) {
	return func(_ any, ctx context.Context, decode func(any) error, _ grpc.UnaryServerInterceptor) (any, error) {
		if err := decode(new(emptypb.Empty)); err != nil {
			return nil, err
		}
		do(ctx)
		return new(emptypb.Empty), nil
	}
}

func stream(_ any, s grpc.ServerStream) error {
	wait(s.Context())
	return s.Context().Err()
}

func serve(s *grpc.Server) (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	s.RegisterService(&shop, new(any))
	go func() { fmt.Fprintln(os.Stderr, s.Serve(l)) }()
	served = l.Addr().String()
	return served, nil
}

// serveHTTP serves gRPC and other requests at one address, as HTTP/2 without TLS, so
// many of a connection at once.
func serveHTTP(limit uint32) (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	g := grpc.NewServer()
	g.RegisterService(&shop, new(any))
	mux := http.NewServeMux()
	mux.HandleFunc("/ok", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "ok") })
	mux.HandleFunc("/stay", func(http.ResponseWriter, *http.Request) { select {} })
	mux.HandleFunc("/slow", func(_ http.ResponseWriter, r *http.Request) { wait(r.Context()) })
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.Header.Get("Content-Type"), "application/grpc") {
			g.ServeHTTP(w, r)
			return
		}
		mux.ServeHTTP(w, r)
	})
	s := &http2.Server{MaxConcurrentStreams: limit}
	go func() { fmt.Fprintln(os.Stderr, http.Serve(l, h2c.NewHandler(handler, s))) }()
	return l.Addr().String(), nil
}

// calls ends all calls that were begun.
var calls, finish = context.WithCancel(context.Background())

// cancelLast ends those of the last command.
var (
	last       sync.Mutex
	cancelLast context.CancelFunc
)

// plain is a client of HTTP/2 without TLS.
var plain = &http.Client{Transport: &http2.Transport{
	AllowHTTP: true,
	DialTLSContext: func(ctx context.Context, network, addr string, _ *tls.Config) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, addr)
	},
}}

// load makes 400 calls at an address, and is done when they are.
func load(address string) error {
	const (
		callers = 20
		each    = 20
	)
	done := make(chan error, callers)
	for i := 0; i < callers; i++ {
		go func() {
			done <- call(append([]string{address}, strings.Fields(strings.Repeat("/shop.Cart/Quick ", each))...))
		}()
	}
	var err error
	for i := 0; i < callers; i++ {
		if e := <-done; e != nil {
			err = e
		}
	}
	return err
}

// call begins calls of methods, or requests of paths, at an address:
// ADDRESS [within DURATION] METHOD...
func call(words []string) error {
	address, methods := words[0], words[1:]
	conn, err := grpc.Dial(address, grpc.WithTransportCredentials(insecure.NewCredentials()), grpc.WithBlock())
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(calls)
	last.Lock()
	cancelLast = cancel
	last.Unlock()
	if methods[0] == "within" {
		d, err := time.ParseDuration(methods[1])
		if err != nil {
			return err
		}
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, d)
		context.AfterFunc(calls, cancel)
		methods = methods[2:]
	}
	for _, method := range methods {
		switch kind := method[strings.LastIndexByte(method, '/')+1:]; kind {
		case "Quick":
			if err := conn.Invoke(ctx, method, new(emptypb.Empty), new(emptypb.Empty)); err != nil {
				return err
			}
		case "Add", "Stay", "Die":
			go conn.Invoke(ctx, method, new(emptypb.Empty), new(emptypb.Empty))
		case "Watch", "Import", "Chat":
			s, err := conn.NewStream(ctx, &grpc.StreamDesc{StreamName: kind, ServerStreams: kind != "Import", ClientStreams: kind != "Watch"}, method)
			if err != nil {
				return err
			}
			if err := s.SendMsg(new(emptypb.Empty)); err != nil {
				return err
			}
		default:
			request, err := http.NewRequestWithContext(ctx, "GET", "http://"+address+method, nil)
			if err != nil {
				return err
			}
			go plain.Do(request)
		}
	}
	return nil
}
