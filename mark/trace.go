package mark

import (
	"context"
	"runtime/trace"
	"strings"

	"github.com/backstop-go/backstop"
)

// Category is that of the messages in an execution trace.
const Category = "backstop.panic"

// Trace returns a hook that logs the panic into the execution trace, if one is
// being taken (by trace.Start, net/http/pprof or a flight recorder), in the task
// of the context. Regions that are open on the goroutine enclose it: begin them
// outside the guard. The message is
//
//	stack_hash=8f3a... request_id=r-17 panic_value=runtime.boundsError: runtime error: ...
//
// Without a trace the hook does nothing.
func Trace() func(ctx context.Context, c *backstop.Crash) {
	return func(ctx context.Context, c *backstop.Crash) {
		if !trace.IsEnabled() {
			return
		}
		if ctx == nil {
			ctx = context.Background()
		}
		trace.Log(ctx, Category, message(c))
	}
}

func message(c *backstop.Crash) string {
	m := "stack_hash=" + PlaceOf(c).StackHash
	if id := requestID(c); id != "" {
		m += " request_id=" + strings.ReplaceAll(id, " ", "_")
	}
	return m + " panic_value=" + value(c)
}
