// Package backstopotel shows panics in OpenTelemetry traces: as an exception of
// the span they happened in, with where the panic began. It also gives events of
// Backstop the trace id of the span, for requests that bring none.
//
//	backstop.Start(backstop.Options{TraceID: backstopotel.TraceID})
//	backstop.OnCrash(backstopotel.Spans())
//
// The span is that of the context the guard was given. It must not have ended:
// the guard stands inside.
//
//	ctx, span := tracer.Start(ctx, "checkout")
//	defer span.End()
//	defer backstop.Guard(ctx)
//
// With otelhttp, backstop.Handler goes inside as well:
// otelhttp.NewHandler(backstop.Handler(mux, o), "server").
package backstopotel

import (
	"context"
	"strconv"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"

	"github.com/backstop-go/backstop"
	"github.com/backstop-go/backstop/mark"
)

// Attributes of spans and of their exception events, beside those of the
// semantic conventions.
const (
	// Class is what the panic is, such as "panic.nil_map".
	Class = attribute.Key("backstop.class")
	// StackHash is that of the event in the collector.
	StackHash = attribute.Key("backstop.stack_hash")
	// Origin is where the panic began: function, file and line in one.
	Origin = attribute.Key("backstop.origin")
	// escaped was taken out of the conventions again; back ends still know it.
	escaped = attribute.Key("exception.escaped")
)

// TraceID returns the trace id of the span in ctx, "" when there is none. It is
// meant for backstop.Options.TraceID.
func TraceID(ctx context.Context) string {
	if id := trace.SpanContextFromContext(ctx).TraceID(); id.IsValid() {
		return id.String()
	}
	return ""
}

// Spans returns a hook for backstop.OnCrash. It adds an event "exception" to the
// span of the context (exception.type, .message, .stacktrace and .escaped;
// code.function.name, code.file.path and code.line.number of where the panic
// began), sets the span's status to error, and the attributes [Class],
// [StackHash] and [Origin] on both. The message is as Backstop reports it,
// redacted. Spans that do not record, or have ended, are left alone.
//
// Where a guard panics again, a span that is ended by a deferred span.End gets a
// second event, of OpenTelemetry's own: it has neither place nor redaction.
func Spans() func(ctx context.Context, c *backstop.Crash) { return record }

func record(ctx context.Context, c *backstop.Crash) {
	span := trace.SpanFromContext(ctx)
	if !span.IsRecording() {
		return
	}
	p := mark.PlaceOf(c)
	ours := []attribute.KeyValue{Class.String(string(p.Class)), StackHash.String(p.StackHash)}
	if p.Origin.Func != "" {
		ours = append(ours, Origin.String(p.Origin.Func+" "+p.Origin.File+":"+strconv.Itoa(p.Origin.Line)))
	}
	span.SetAttributes(ours...)
	span.SetStatus(codes.Error, "panic: "+c.Text)
	exception := append(ours,
		semconv.ExceptionType(c.Type),
		semconv.ExceptionMessage(c.Text),
		semconv.ExceptionStacktrace(traceback(c)),
		escaped.Bool(!c.Recovered),
	)
	if p.Origin.Func != "" {
		exception = append(exception,
			semconv.CodeFunctionName(p.Origin.Func),
			semconv.CodeFilePath(p.Origin.File),
			semconv.CodeLineNumber(p.Origin.Line),
		)
	}
	span.AddEvent(semconv.ExceptionEventName, trace.WithTimestamp(c.At), trace.WithAttributes(exception...))
}

// traceback prints the panic as the runtime would, without arguments.
func traceback(c *backstop.Crash) string {
	var b strings.Builder
	b.WriteString("panic: " + c.Text + "\n\n")
	if c.Goroutine != 0 {
		b.WriteString("goroutine " + strconv.FormatInt(c.Goroutine, 10) + " [running]:\n")
	}
	for _, f := range c.Frames() {
		b.WriteString(f.Func + "(...)\n\t" + f.File + ":" + strconv.Itoa(f.Line) + "\n")
	}
	return b.String()
}
