// Command app ends in the way its first argument names. It is the program of the
// capture matrix: where the way allows it, the end comes while the program
// serves an HTTP request, which it sends itself. The second and third argument
// are the trace id and the request id of that request.
//
// It is built plain, and with the SDK (build tag sdk); without cgo, and with
// it, because a program with cgo never notices that all its goroutines are
// asleep.
package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"

	_ "example.com/capture/early"
)

// A scenario is one way to end. Exactly one of its fields is set.
type scenario struct {
	main      func()                                       // on the main goroutine
	handler   func(w http.ResponseWriter, r *http.Request) // in an HTTP handler
	loud      func(w http.ResponseWriter, r *http.Request) // in an HTTP handler, and the server logs it
	goroutine func()                                       // in a goroutine that a handler started
	guarded   func()                                       // the same, with a guard
	beside    func()                                       // on the main goroutine while a handler serves
	direct    func(w http.ResponseWriter, r *http.Request) // in a handler that main calls without a server
}

func main() {
	start()
	guarded(context.Background(), end)
	stop()
}

// end ends the program in the way that was asked for, or returns.
func end() {
	name := os.Args[1]
	s, ok := scenarios[name]
	if !ok {
		s, ok = nativeScenarios[name]
	}
	switch {
	case !ok:
		fmt.Fprintln(os.Stderr, "app: no such way to end:", name)
		os.Exit(100)
	case s.main != nil:
		s.main()
	case s.direct != nil:
		handle(http.HandlerFunc(s.direct)).ServeHTTP(httptest.NewRecorder(), request("http://shop.example"))
	default:
		serve(s)
	}
}

// serve serves one request and returns when it was answered.
func serve(s scenario) {
	serving := make(chan bool)
	mux := http.NewServeMux()
	mux.HandleFunc("/health", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("/checkout/", func(w http.ResponseWriter, r *http.Request) {
		switch {
		case s.handler != nil:
			s.handler(w, r)
			return
		case s.loud != nil:
			s.loud(w, r)
		case s.goroutine != nil:
			go s.goroutine()
		case s.guarded != nil:
			go guarded(r.Context(), s.guarded)
		case s.beside != nil:
			close(serving)
		}
		select {} // the request is in flight to the end
	})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Fprintln(os.Stderr, "app:", err)
		os.Exit(100)
	}
	logged := make(chan bool, 1)
	server := http.Server{Handler: handle(mux), ErrorLog: log.New(telling{os.Stderr, logged}, "", log.LstdFlags)}
	go server.Serve(l)
	req := request("http://" + l.Addr().String())
	switch {
	case s.beside != nil:
		go send(req)
		<-serving
		s.beside()
	case s.loud != nil:
		go send(req)
		<-logged
	default:
		send(req)
	}
}

// telling is a writer that tells when something was written.
type telling struct {
	io.Writer
	told chan bool
}

func (t telling) Write(p []byte) (int, error) {
	n, err := t.Writer.Write(p)
	select {
	case t.told <- true:
	default:
	}
	return n, err
}

func request(base string) *http.Request {
	return newRequest("POST", base+"/checkout/"+os.Args[1]+"?card=4111", os.Args[2], os.Args[3])
}

func newRequest(method, url, trace, id string) *http.Request {
	req, err := http.NewRequest(method, url, nil)
	if err != nil {
		fmt.Fprintln(os.Stderr, "app:", err)
		os.Exit(100)
	}
	req.Header.Set("Traceparent", "00-"+trace+"-00f067aa0ba902b7-01")
	req.Header.Set("X-Request-Id", id)
	return req
}

// send sends a request on a connection that has served another one before. It
// ignores the answer: there is none when the program dies of it.
func send(req *http.Request) {
	var client http.Client
	for _, r := range []*http.Request{newRequest("GET", "http://"+req.URL.Host+"/health", "0af7651916cd43dd8448eb211c80319c", "health-1"), req} {
		if res, err := client.Do(r); err == nil {
			io.Copy(io.Discard, res.Body)
			res.Body.Close()
		}
	}
}
