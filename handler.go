package backstop

import (
	"context"
	"net/http"
)

// A Response is what Handler does with a panic once it is reported.
type Response int

const (
	// Repanic raises the panic again. Under net/http's server the connection
	// is closed and the server logs the panic, as without Handler.
	Repanic Response = iota
	// Answer500 answers 500 Internal Server Error if nothing was written yet.
	// If something was, the connection is aborted, so that the client sees
	// that the response is incomplete.
	Answer500
	// Answer503 does the same with 503 Service Unavailable.
	Answer503
)

// HandlerOptions tell Handler what to do. The zero value reports and panics
// again.
type HandlerOptions struct {
	OnPanic Response
	// Ignore says which panic values are no crash, such as a write error of
	// the client's own connection: they are not reported. What OnPanic says is
	// done all the same. nil ignores none.
	Ignore func(value any) bool
}

// ignores reports whether v is no crash.
func (o *HandlerOptions) ignores(v any) bool {
	if o.Ignore == nil {
		return false
	}
	defer func() { recover() }() // the program's own code, at fault: report
	return o.Ignore(v)
}

// Handler reports the panics of next with their request: method, path (never
// the query), route (from Go 1.23, when net/http's mux matched it), the trace id
// of a valid traceparent header, and X-Request-Id. While next runs, [Go],
// [Group], [Guard], [Recover] and [Capture] find the request, and so does
// whoever reports a crash that no recover can see: the request is written into
// a table in shared memory. Neither the request nor its context is replaced
// (where there is no such table, the context carries the request).
//
// http.ErrAbortHandler is no crash: it is passed on and not reported.
//
// Handler may be put around the whole mux or around each handler. Where both
// are, the inner one reports.
func Handler(next http.Handler, o HandlerOptions) http.Handler {
	return &handler{next: next, o: o}
}

type handler struct {
	next http.Handler
	o    HandlerOptions
}

// A serving is one request on its way through a handler.
type serving struct {
	entered
	request *http.Request   // as next sees it; net/http's mux writes the route into it
	inCtx   *requestContext // nil when the table alone knows the request
	writer  *responseWriter
}

func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s := serving{request: r}
	if a := current.Load(); a != nil {
		s.prepare(a)
	}
	if h.o.OnPanic != Repanic {
		s.writer = new(responseWriter)
		w = s.writer.wrap(w)
	}
	h.serve(w, &s)
	// Not deferred: while a panic goes on, the labels have to stay.
	if s.labels {
		setLabels(r.Context())
	}
}

// prepare takes down the request. A fault leaves it unknown, and served.
func (s *serving) prepare(a *agent) {
	defer func() {
		if recover() != nil {
			s.labels = false
		}
	}()
	checkFault("request")
	var info requestInfo
	info.fill(a, s.request)
	s.enter(s.request.Context(), a, &info, s.request)
	s.faults(a)
	if s.labels = a.usesLabels(); s.labels || a.table == nil {
		s.intoContext(&info)
	}
}

// intoContext hands the request on in the context, and as labels.
func (s *serving) intoContext(info *requestInfo) {
	c := &requestContext{Context: s.request.Context(), info: *info}
	if s.labels {
		c.Context = labelled(c.Context, &c.info)
		setLabels(c.Context)
	}
	s.request = s.request.WithContext(c)
	c.live = s.request
	s.inCtx = c
}

// serve calls the handler. It returns normally when there was no panic, or one
// that was answered.
func (h *handler) serve(w http.ResponseWriter, s *serving) {
	defer func() {
		if v := recover(); v != nil {
			h.panicked(s, v)
			return
		}
		s.leave()
	}()
	h.next.ServeHTTP(w, s.request)
}

// panicked reports and then does as told. It runs in the deferred call.
func (h *handler) panicked(s *serving, v any) {
	if v != http.ErrAbortHandler && !h.o.ignores(v) { //nolint:errorlint // net/http compares the same way
		h.report(s, v)
	}
	s.leave()
	if v == http.ErrAbortHandler || h.o.OnPanic == Repanic { //nolint:errorlint // as above
		repanic(v)
	}
	if s.labels {
		setLabels(s.request.Context()) // a hook may have set others for the panic
	}
	status := http.StatusInternalServerError
	if h.o.OnPanic == Answer503 {
		status = http.StatusServiceUnavailable
	}
	s.writer.answer(status)
}

func (h *handler) report(s *serving, v any) {
	ctx := s.request.Context()
	m := mannerOf(ctx, h.o.OnPanic)
	if s.inCtx == nil {
		captureServed(ctx, v, m)
		return
	}
	if !s.inCtx.wasReported(v) {
		captureServed(ctx, v, m)
		s.inCtx.report(v)
	}
}

// mannerOf is how a panic goes on that a handler has reported.
func mannerOf(ctx context.Context, r Response) manner {
	switch {
	case r != Repanic:
		return panicked
	case inServer(ctx):
		return served
	}
	return passing
}

// inServer reports whether net/http's server, which recovers, is around.
func inServer(ctx context.Context) bool {
	defer func() { recover() }() // a context of theirs, at fault
	return ctx.Value(http.ServerContextKey) != nil
}

// captureServed only adds the frame that capture expects between itself and
// the caller whose stack is of interest.
//
//go:noinline
func captureServed(ctx context.Context, v any, m manner) { capture(ctx, v, m) }
