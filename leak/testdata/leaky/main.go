// Command leaky serves requests that leave goroutines behind, until the watch
// has told of them, and then waits for itself.
package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"sync/atomic"
	"time"

	"github.com/backstop-go/backstop"
	"github.com/backstop-go/backstop/leak"
)

var (
	begin = time.Now()
	left  int
)

// handle leaves a goroutine behind once a millisecond.
func handle(http.ResponseWriter, *http.Request) {
	for ; left < int(time.Since(begin).Milliseconds()); left++ {
		go wait(make(chan int))
	}
}

//go:noinline
func wait(c chan int) { <-c }

func main() {
	var less *backstop.DegradedError // there is no monitor before Go 1.23
	if err := backstop.Start(backstop.Options{}); err != nil && !errors.As(err, &less) {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(99)
	}
	var told atomic.Bool
	backstop.OnCrash(func(context.Context, *backstop.Crash) { told.Store(true) })
	leak.Watch(leak.Options{Interval: 2 * time.Millisecond})
	h := backstop.Handler(http.HandlerFunc(handle), backstop.HandlerOptions{})
	r, w := httptest.NewRequest(http.MethodGet, "/", nil), httptest.NewRecorder()
	for !told.Load() {
		h.ServeHTTP(w, r)
	}
	<-make(chan int)
}
