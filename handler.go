package backstop

import (
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
}

// Handler reports the panics of next with their request: method, path (never
// the query), route (from Go 1.23, when net/http's mux matched it), the trace id
// of a valid traceparent header, and X-Request-Id. It hands the request on in
// the context, where [Go], [Group], [Guard], [Recover] and [Capture] find it.
//
// http.ErrAbortHandler is no crash: it is passed on and not reported.
//
// Handler may be put around the whole mux or around each handler. Where both
// are, the inner one reports.
func Handler(next http.Handler, o HandlerOptions) http.Handler {
	return &handler{next: next, onPanic: o.OnPanic}
}

type handler struct {
	next    http.Handler
	onPanic Response
}

func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c, labels := prepare(r)
	if labels {
		setLabels(c.Context)
	}
	ctx := r.Context()
	r = r.WithContext(c)
	c.live = r
	if h.onPanic != Repanic {
		w = c.writer.wrap(w)
	}
	h.serve(w, r, c)
	// Not deferred: while a panic goes on, the labels have to stay.
	if labels {
		setLabels(ctx)
	}
}

// prepare takes down the request. labels says whether the context has goroutine
// labels to be set. A fault leaves the request unknown, and served.
func prepare(r *http.Request) (c *requestContext, labels bool) {
	c = &requestContext{Context: r.Context()}
	defer func() {
		if recover() != nil {
			labels = false
		}
	}()
	checkFault("request")
	c.info.fill(r)
	if a := current.Load(); canLabel && a != nil && !a.options.DisableLabels {
		c.Context = labelled(c.Context, &c.info)
		labels = true
	}
	return c, labels
}

// serve calls the handler. It returns normally when there was no panic, or one
// that was answered.
func (h *handler) serve(w http.ResponseWriter, r *http.Request, c *requestContext) {
	defer func() {
		if v := recover(); v != nil {
			h.panicked(c, v)
		}
	}()
	h.next.ServeHTTP(w, r)
}

// panicked reports and then does as told. It runs in the deferred call.
func (h *handler) panicked(c *requestContext, v any) {
	if v == http.ErrAbortHandler { //nolint:errorlint // net/http compares the same way
		repanic(v)
	}
	m := panicked
	if h.onPanic == Repanic {
		m = passing
		if c.Value(http.ServerContextKey) != nil {
			m = served
		}
	}
	if !c.wasReported(v) {
		captureServed(c, v, m)
		c.report(v)
	}
	switch h.onPanic {
	case Answer500:
		c.writer.answer(http.StatusInternalServerError)
	case Answer503:
		c.writer.answer(http.StatusServiceUnavailable)
	default:
		repanic(v)
	}
}

// captureServed only adds the frame that capture expects between itself and
// the caller whose stack is of interest.
//
//go:noinline
func captureServed(c *requestContext, v any, m manner) { capture(c, v, m) }
