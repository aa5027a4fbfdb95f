//go:build go1.26

package backstop

import (
	"context"
	"os"
	"runtime/pprof"
	"strings"

	"github.com/backstop-go/backstop/event"
)

// labels are the keys of labels and the limits of their values.
var labels = [...]struct {
	key   string
	limit int
}{
	{event.LabelMethod, event.MaxMethod},
	{event.LabelPath, event.MaxPath},
	{event.LabelRoute, event.MaxRoute},
	{event.LabelTraceID, event.MaxRequestID}, // which no trace id reaches
	{event.LabelRequestID, event.MaxRequestID},
}

// labelled returns ctx with the request as goroutine labels. They are set with
// SetGoroutineLabels and not with pprof.Do: Do puts the old labels back while
// the stack unwinds, before an unrecovered panic is printed.
func labelled(ctx context.Context, i *requestInfo) context.Context {
	var list [10]string
	n := 0
	for k, value := range [...]string{i.Method, i.Path, i.Route, traceID(i.Traceparent), i.RequestID} {
		if l := &labels[k]; value != "" {
			list[n], list[n+1] = l.key, labelText(value, l.limit)
			n += 2
		}
	}
	return pprof.WithLabels(ctx, pprof.Labels(list[:n]...))
}

func setLabels(ctx context.Context) { pprof.SetGoroutineLabels(ctx) }

// clearLabels is for goroutines of ours that were started by a labelled one.
func clearLabels() { pprof.SetGoroutineLabels(context.Background()) }

// inheritLabels labels a goroutine with the request of its context, which need
// not be that of the goroutine that started it.
func inheritLabels(ctx context.Context) {
	defer func() { recover() }() //backstop:ignore recover-swallow a context of theirs, at fault
	if requestOf(ctx) != nil {
		pprof.SetGoroutineLabels(ctx)
	}
}

// enableTracebackLabels lets the runtime print labels in tracebacks, unless the
// environment has a setting for that. The runtime notices (runtime/runtime1.go,
// reparsedebugvars). Programs that this one starts inherit it; those that do not
// know it ignore it.
func enableTracebackLabels() {
	const name = "tracebacklabels="
	old := os.Getenv("GODEBUG")
	if strings.Contains(","+old, ","+name) {
		return
	}
	if old != "" {
		old += ","
	}
	os.Setenv("GODEBUG", old+name+"1") //nolint:errcheck // fails for malformed names only
}

const canLabel = true
