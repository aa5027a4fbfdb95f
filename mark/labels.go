package mark

import (
	"context"
	"net/http"
	"runtime/pprof"

	"github.com/backstop-go/backstop"
)

// Labels returns a hook that labels the goroutine that panicked, as
// runtime/pprof does: [PanicValue], [RequestID] and [StackHash] join the labels
// of the context. Samples of a CPU profile and the stacks of a goroutine profile
// then say which panic they belong to:
//
//	go tool pprof -tagfocus=backstop.stack_hash=8f3a... cpu.pprof
//
// Labels stay on the goroutine, and on those it starts from then on, until it
// ends or somebody labels it anew. They show what is done about a panic:
// deferred calls, error pages, and a worker that goes on. Who takes up other work
// should set the labels of that (pprof.SetGoroutineLabels); [Handler] does it for
// net/http's servers.
func Labels() func(ctx context.Context, c *backstop.Crash) {
	return func(ctx context.Context, c *backstop.Crash) {
		if ctx == nil {
			ctx = context.Background()
		}
		list := []string{PanicValue, value(c), StackHash, PlaceOf(c).StackHash}
		if id := requestID(c); id != "" {
			list = append(list, RequestID, id)
		}
		pprof.SetGoroutineLabels(pprof.WithLabels(ctx, pprof.Labels(list...)))
	}
}

// Handler is a middleware to be put around backstop.Handler where that answers
// panics: it takes the labels of a panic off when next has returned, so that
// further requests on the same connection, which the same goroutine serves, are
// not taken for part of it.
func Handler(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(w, r)
		// Not deferred: while a panic goes on, the labels have to stay.
		pprof.SetGoroutineLabels(r.Context())
	})
}
