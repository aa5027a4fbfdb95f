// Command svc is a service with points, some of them in places that a team would
// want to hear of.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"github.com/backstop-go/backstop"
)

func main() {
	listen := flag.String("listen", "127.0.0.1:8080", "")
	flag.Parse()
	if err := backstop.Start(backstop.Options{}); err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer cancel()
	srv := &http.Server{Addr: *listen, Handler: routes()}
	served := make(chan struct{})
	go func() {
		defer close(served)
		<-ctx.Done()
		srv.Shutdown(context.Background()) // for as long as requests take
	}()
	if err := srv.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	<-served
	backstop.Stop(context.Background())
}

func routes() http.Handler {
	mux := http.NewServeMux()
	guarded := func(path string, h http.HandlerFunc) {
		mux.Handle(path, backstop.Handler(h, backstop.HandlerOptions{OnPanic: backstop.Answer500}))
	}
	guarded("/buy", buy)
	guarded("/hold", hold)
	guarded("/hang", hang)
	guarded("/leak", leak)
	guarded("/twice", twice)
	guarded("/stray", stray)
	guarded("/later", later)
	mux.Handle("/lose", lose(backstop.Handler(http.HandlerFunc(buy), backstop.HandlerOptions{})))
	return mux
}

// buy does everything right.
func buy(w http.ResponseWriter, r *http.Request) {
	backstop.PointCtx(r.Context(), "checkout.charge")
	fmt.Fprintln(w, "bought")
}

// lose is a middleware that keeps headers it does not know from the handler, and
// the trace id with them.
func lose(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		clean := r.Clone(r.Context())
		clean.Header = http.Header{"Accept": r.Header["Accept"]}
		next.ServeHTTP(w, clean)
	})
}

var stock sync.Mutex

// hold forgets the lock that it holds.
func hold(w http.ResponseWriter, _ *http.Request) {
	stock.Lock()
	backstop.Point("stock.reserve")
	stock.Unlock()
	fmt.Fprintln(w, "reserved")
}

// hang has a guard of its own that waits for somebody who is gone.
func hang(_ http.ResponseWriter, r *http.Request) {
	told := make(chan struct{})
	defer func() {
		if v := recover(); v != nil {
			backstop.Capture(r.Context(), v)
			<-told
		}
	}()
	backstop.Point("guard.waits")
	close(told)
}

// leak starts a goroutine that waits for a result which a panic keeps from coming.
func leak(_ http.ResponseWriter, _ *http.Request) {
	result := make(chan int)
	go func() { <-result }()
	backstop.Point("price.ask")
	result <- 1
}

// twice reports the panic, and panics with another value.
func twice(_ http.ResponseWriter, r *http.Request) {
	defer func() {
		if v := recover(); v != nil {
			backstop.Capture(r.Context(), v)
			panic(fmt.Sprintf("twice: %v", v))
		}
	}()
	backstop.Point("mail.send")
}

// stray panics where nobody guards.
func stray(w http.ResponseWriter, _ *http.Request) {
	go func() {
		time.Sleep(10 * time.Millisecond)
		backstop.Point("stray.work")
	}()
	time.Sleep(50 * time.Millisecond)
	fmt.Fprintln(w, "started")
}

// later panics in a goroutine that outlives the request, with a guard.
func later(w http.ResponseWriter, r *http.Request) {
	backstop.Go(r.Context(), func(context.Context) {
		time.Sleep(20 * time.Millisecond)
		backstop.Point("ledger.credit")
	})
	fmt.Fprintln(w, "accepted")
}
