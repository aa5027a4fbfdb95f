package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"time"
)

func init() {
	register("http-handler", httpHandler)
	register("http-handler-after-write", httpHandlerAfterWrite)
	register("http-handler-goexit", httpHandlerGoexit)
	register("http-handler-goroutine", httpHandlerGoroutine)
	register("http-hijacked", httpHijacked)
	register("http-abort-handler", httpAbortHandler)
	register("http-timeouthandler", httpTimeoutHandler)
	register("http-timeouthandler-late", httpTimeoutHandlerLate)
	register("http-roundtripper-panic", httpRoundTripperPanic)
	register("http-mux-duplicate", httpMuxDuplicate)
}

// request serves one GET request on the loopback interface, prints what the
// client sees of the answer, and stops the server.
func request(handler http.HandlerFunc) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	server := &http.Server{Handler: handler}
	go server.Serve(listener)
	defer server.Close()

	// A deadline, as any client should have one: one of these servers never answers.
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	get, err := http.NewRequestWithContext(ctx, "GET", "http://"+listener.Addr().String()+"/", nil)
	if err != nil {
		panic(err)
	}
	response, err := http.DefaultClient.Do(get)
	if err != nil {
		fmt.Println("client:", errors.Unwrap(err))
		return
	}
	defer response.Body.Close()
	_, err = io.Copy(io.Discard, response.Body)
	fmt.Println("client:", response.Status, err)
}

// httpHandler shows that net/http recovers what a handler panics with: it logs the
// value with the goroutine's stack, cuts the connection, and goes on serving.
func httpHandler() {
	request(func(w http.ResponseWriter, r *http.Request) {
		panic("handler: no user in the session")
	})
}

// httpHandlerAfterWrite shows that a panic comes too late for a status: the client
// has its 200 already.
func httpHandlerAfterWrite() {
	request(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintln(w, `{"items": [`)
		w.(http.Flusher).Flush()
		panic("handler: item 1 has no price")
	})
}

// httpHandlerGoexit shows that ending the goroutine of a handler is not a panic:
// the connection is cut and nobody is told.
func httpHandlerGoexit() {
	request(func(w http.ResponseWriter, r *http.Request) {
		runtime.Goexit() // what t.FailNow does
	})
}

// httpHandlerGoroutine shows where the protection of net/http ends: at the go
// statement.
func httpHandlerGoroutine() {
	request(func(w http.ResponseWriter, r *http.Request) {
		audited := make(chan bool)
		go func() {
			defer close(audited)
			panic("audit: no writer")
		}()
		<-audited
		time.Sleep(300 * time.Millisecond) // the process ends here
	})
}

// httpHijacked shows a panic after the handler took the connection over. net/http
// logs it as ever, but the connection is no longer its own to close: the client
// waits until it gives up.
func httpHijacked() {
	request(func(w http.ResponseWriter, r *http.Request) {
		conn, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			return
		}
		upgraded(conn)
		conn.Close()
	})
}

func upgraded(net.Conn) { panic("websocket: no subprotocol") }

// httpAbortHandler shows the one panic that is meant: the connection is cut,
// nothing is logged.
func httpAbortHandler() {
	request(func(w http.ResponseWriter, r *http.Request) {
		panic(http.ErrAbortHandler)
	})
}

// httpTimeoutHandler shows a panic that changes its goroutine. The inner handler
// runs in one of its own; TimeoutHandler recovers there and panics with the same
// value in the goroutine of the connection, where net/http logs it. The stack it
// logs no longer has the line that panicked.
func httpTimeoutHandler() {
	inner := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		panic("handler: no user in the session")
	})
	request(http.TimeoutHandler(inner, 5*time.Second, "too slow").ServeHTTP)
}

// httpTimeoutHandlerLate shows the same after the time is up: the client has its
// 503, nobody waits for the inner handler any more, and its panic is lost.
func httpTimeoutHandlerLate() {
	inner := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		<-r.Context().Done()
		time.Sleep(50 * time.Millisecond) // until the answer is out
		panic("handler: query was cancelled")
	})
	request(http.TimeoutHandler(inner, 20*time.Millisecond, "too slow").ServeHTTP)
	time.Sleep(200 * time.Millisecond) // the handler panics meanwhile
}

// httpRoundTripperPanic shows that a client runs the code that is plugged into it
// in the goroutine of its caller.
func httpRoundTripperPanic() {
	client := http.Client{Transport: signing{}}
	client.Get("http://127.0.0.1/")
}

// signing is a RoundTripper that signs requests, and lacks its key.
type signing struct{ key []byte }

func (s signing) RoundTrip(r *http.Request) (*http.Response, error) {
	if s.key == nil {
		panic("signing: no key")
	}
	return http.DefaultTransport.RoundTrip(r)
}

// httpMuxDuplicate registers a pattern twice.
func httpMuxDuplicate() {
	mux := http.NewServeMux()
	mux.Handle("/healthz", http.NotFoundHandler())
	mux.Handle("/healthz", http.NotFoundHandler())
}
