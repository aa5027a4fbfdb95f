package backstopotel_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/backstop-go/backstop"
	backstopotel "github.com/backstop-go/backstop/contrib/otel"
	"github.com/backstop-go/backstop/crash"
	"github.com/backstop-go/backstop/event"
	"github.com/backstop-go/backstop/internal/crashtest"
)

// setup starts Backstop with the hook, and a real tracer. stop delivers and
// returns the events as the collector understands them.
func setup(t *testing.T, o ...sdk.TracerProviderOption) (p *sdk.TracerProvider, spans *tracetest.InMemoryExporter, stop func() []event.Event) {
	t.Helper()
	spans = tracetest.NewInMemoryExporter()
	p = sdk.NewTracerProvider(append(o, sdk.WithSyncer(spans))...)
	collector := crashtest.NewCollector(t)
	err := backstop.Start(backstop.Options{
		Service: "svc", Collector: collector.URL, SpoolDir: t.TempDir(), TraceID: backstopotel.TraceID, DisableMonitor: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(backstop.OnCrash(backstopotel.Spans()))
	end := func() error {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		return backstop.Stop(ctx)
	}
	t.Cleanup(func() { end() }) //nolint:errcheck // tests that care have called stop
	return p, spans, func() []event.Event {
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

func attributes(list []attribute.KeyValue) map[string]string {
	m := make(map[string]string)
	for _, kv := range list {
		m[string(kv.Key)] = kv.Value.String()
	}
	return m
}

//go:noinline
func order(stock map[string]int) { stock["book"]-- }

func TestPanicIsExceptionOfItsSpan(t *testing.T) {
	p, spans, stop := setup(t)
	func() {
		ctx, span := p.Tracer("t").Start(context.Background(), "order")
		defer span.End()
		defer backstop.Recover(ctx)
		order(nil)
	}()
	events := stop()
	got := spans.GetSpans()
	if len(got) != 1 || len(got[0].Events) != 1 || len(events) != 1 {
		t.Fatalf("%d events, spans %+v", len(events), got)
	}
	span, e := got[0], events[0]
	if span.Status.Code != codes.Error || span.Status.Description != "panic: assignment to entry in nil map" {
		t.Errorf("status %+v", span.Status)
	}
	a, x := attributes(span.Attributes), attributes(span.Events[0].Attributes)
	for _, m := range []map[string]string{a, x} {
		if m["backstop.class"] != "panic.nil_map" || m["backstop.stack_hash"] != e.StackHash || e.StackHash == "" ||
			!strings.HasPrefix(m["backstop.origin"], "github.com/backstop-go/backstop/contrib/otel_test.order /") {
			t.Errorf("attributes %v, stack hash of the event %s", m, e.StackHash)
		}
	}
	o := e.Report.Origin()
	for key, want := range map[string]string{
		"exception.type": "runtime.plainError", "exception.message": "assignment to entry in nil map", "exception.escaped": "false",
		"code.function.name": o.Func, "code.file.path": o.File,
	} {
		if x[key] != want {
			t.Errorf("%s is %q, want %q", key, x[key], want)
		}
	}
	if x["code.line.number"] == "" || span.Events[0].Name != "exception" || !span.Events[0].Time.Equal(e.OccurredAt) {
		t.Errorf("line %q, event %s at %v, happened at %v", x["code.line.number"], span.Events[0].Name, span.Events[0].Time, e.OccurredAt)
	}
	report, err := crash.Parse(strings.NewReader(x["exception.stacktrace"]))
	if err != nil || len(report.Problems) > 0 || crash.StackHash(report) != e.StackHash || report.Class != e.Class {
		t.Errorf("read back, the stack trace is %+v, %v:\n%s", report, err, x["exception.stacktrace"])
	}
}

func TestEscapedPanic(t *testing.T) {
	p, spans, _ := setup(t)
	boom := errors.New("boom")
	func() {
		defer func() {
			if v := recover(); v != boom {
				t.Errorf("recovered %v", v)
			}
		}()
		ctx, span := p.Tracer("t").Start(context.Background(), "order")
		defer span.End()
		defer backstop.Guard(ctx)
		panic(boom)
	}()
	got := spans.GetSpans()
	if len(got) != 1 || len(got[0].Events) == 0 {
		t.Fatalf("%+v", got)
	}
	if x := attributes(got[0].Events[0].Attributes); x["exception.escaped"] != "true" || x["exception.type"] != "*errors.errorString" {
		t.Errorf("%v", x)
	}
}

func TestSpansAreRedacted(t *testing.T) {
	p, spans, _ := setup(t)
	func() {
		ctx, span := p.Tracer("t").Start(context.Background(), "login")
		defer span.End()
		defer backstop.Recover(ctx)
		panic("login of Ada with password=hunter2 refused")
	}()
	got := spans.GetSpans()
	if len(got) != 1 || len(got[0].Events) != 1 {
		t.Fatalf("%+v", got)
	}
	texts := got[0].Status.Description
	for _, v := range attributes(got[0].Events[0].Attributes) {
		texts += v
	}
	if !strings.Contains(texts, "login of Ada with password=") || strings.Contains(texts, "hunter2") {
		t.Errorf("%s", texts)
	}
}

func TestSpansThatDoNotRecord(t *testing.T) {
	p, spans, stop := setup(t, sdk.WithSampler(sdk.NeverSample()))
	ctx, span := p.Tracer("t").Start(context.Background(), "order")
	for _, ctx := range []context.Context{ctx, context.Background(), nil} {
		func() {
			defer backstop.Recover(ctx)
			order(nil)
		}()
	}
	span.End()
	if got := spans.GetSpans(); len(got) != 0 {
		t.Errorf("%+v", got)
	}
	if events := stop(); len(events) != 3 {
		t.Errorf("%d events", len(events))
	}
}

// TestHTTPServer has a request without a traceparent: the id of its trace comes
// from the span that otelhttp began.
func TestHTTPServer(t *testing.T) {
	p, spans, stop := setup(t)
	mux := http.NewServeMux()
	mux.HandleFunc("/order", func(http.ResponseWriter, *http.Request) { order(nil) })
	mux.HandleFunc("/fine", func(http.ResponseWriter, *http.Request) {})
	srv := httptest.NewServer(otelhttp.NewHandler(
		backstop.Handler(mux, backstop.HandlerOptions{OnPanic: backstop.Answer500}), "server", otelhttp.WithTracerProvider(p)))
	defer srv.Close()
	for path, status := range map[string]int{"/order": 500, "/fine": 200} {
		resp, err := http.Get(srv.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != status {
			t.Errorf("%s: %s", path, resp.Status)
		}
	}
	srv.Close()
	events := stop()
	if len(events) != 1 || events[0].Request == nil {
		t.Fatalf("%+v", events)
	}
	marked := 0
	for _, span := range spans.GetSpans() {
		if len(span.Events) == 0 {
			continue
		}
		marked++
		if x := attributes(span.Events[0].Attributes); x["backstop.stack_hash"] != events[0].StackHash || span.Status.Code != codes.Error {
			t.Errorf("%v, status %v", x, span.Status)
		}
		if id := events[0].Request.TraceID; id != span.SpanContext.TraceID().String() {
			t.Errorf("the event's trace id is %q, the span's %s", id, span.SpanContext.TraceID())
		}
	}
	if marked != 1 {
		t.Errorf("%d spans were marked", marked)
	}
}

func TestTraceIDOfNothing(t *testing.T) {
	if id := backstopotel.TraceID(context.Background()); id != "" {
		t.Errorf("%q", id)
	}
}

// BenchmarkSpans is a recovered panic in a span that records, with the hook.
func BenchmarkSpans(b *testing.B) {
	p := sdk.NewTracerProvider()
	if err := backstop.Start(backstop.Options{Service: "svc", SpoolDir: b.TempDir(), DisableMonitor: true}); err != nil {
		b.Fatal(err)
	}
	defer func() {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		backstop.Stop(ctx) //nolint:errcheck // nobody is to get the events
	}()
	defer backstop.OnCrash(backstopotel.Spans())()
	for b.Loop() {
		ctx, span := p.Tracer("t").Start(context.Background(), "order")
		func() {
			defer backstop.Recover(ctx)
			order(nil)
		}()
		span.End()
	}
}
