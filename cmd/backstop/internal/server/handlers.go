package server

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"time"

	"github.com/backstop-go/backstop/event"

	"github.com/backstop-go/backstop/cmd/backstop/internal/ingest"
	"github.com/backstop-go/backstop/cmd/backstop/internal/store"
)

// maxReported bounds the list of rejections in an answer.
const maxReported = 100

// accepted answers a POST of events. Accepted, Duplicates and RejectedCount add
// up to what was sent.
type accepted struct {
	Accepted      int             `json:"accepted"`   // new occurrences, durable
	Duplicates    int             `json:"duplicates"` // observations of known ones, durable too
	RejectedCount int             `json:"rejected_count"`
	Rejected      ingest.Rejected `json:"rejected"` // the first 100
	Error         string          `json:"error,omitempty"`
	Hint          string          `json:"hint,omitempty"`
}

// postEvents takes events in. 200 means that every event that is not listed as
// rejected is durable and counted once.
func (a *App) postEvents(w http.ResponseWriter, r *http.Request) {
	if err := a.admit(r); err != nil {
		a.refuse(w, r, err)
		return
	}
	if !a.budget.room(r.ContentLength) {
		a.refuse(w, r, errBusy)
		return
	}
	memory := share{budget: a.budget}
	defer memory.release()
	took, err := a.pipeline.take(r, memory.take)
	a.metrics.rejected.Add(float64(len(took.rejected)))
	switch {
	case errors.Is(err, ingest.ErrBody), errors.Is(err, ingest.ErrTooLarge), errors.Is(err, ingest.ErrEncoding):
		a.refuse(w, r, err)
		return
	case err != nil:
		a.fail(w, r, err)
		return
	}
	ans := accepted{
		Accepted:      took.events - took.duplicates,
		Duplicates:    took.duplicates,
		RejectedCount: len(took.rejected),
		Rejected:      took.rejected[:min(len(took.rejected), maxReported)],
	}
	if took.events == 0 {
		ans.Error, ans.Hint = took.rejected.Error(), "see docs/reference/json.md for what an event is"
		a.json(w, http.StatusBadRequest, ans)
		return
	}
	if ans.Rejected == nil {
		ans.Rejected = ingest.Rejected{} // "[]" and not "null"
	}
	a.metrics.received.Add(float64(took.events))
	a.metrics.duplicates.Add(float64(took.duplicates))
	a.json(w, http.StatusOK, ans)
}

// refuse answers a request whose body was not read to its end. The connection
// is closed: reading the rest of what is not wanted would hold it open.
func (a *App) refuse(w http.ResponseWriter, r *http.Request, err error) {
	if errors.Is(err, errBusy) {
		a.metrics.throttled.Inc()
	}
	if r.ContentLength != 0 {
		w.Header().Set("Connection", "close")
	}
	a.fail(w, r, err)
}

// admit decides who may send. Once there is a project, a key is needed. Before
// that, at first contact, this machine may send without.
func (a *App) admit(r *http.Request) error {
	key := r.Header.Get("X-Backstop-Key")
	_, any, err := a.db.Authorise(r.Context(), key)
	switch {
	case err == nil:
		return nil
	case !errors.Is(err, store.ErrNotFound):
		return err
	case any && key == "":
		return errNoKey
	case any:
		return errBadKey
	case !fromHere(r):
		return errNotLocal
	}
	return nil
}

// fromHere reports whether a request was made on this machine. One that came
// through a proxy was not, wherever the proxy runs.
func fromHere(r *http.Request) bool {
	if r.Header.Get("X-Forwarded-For") != "" || r.Header.Get("Forwarded") != "" {
		return false
	}
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return false
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.Unmap().IsLoopback()
}

// maxHello is far more than an announcement has.
const maxHello = 64 << 10

func (a *App) postHello(w http.ResponseWriter, r *http.Request) {
	if err := a.admit(r); err != nil {
		a.refuse(w, r, err)
		return
	}
	var h event.Hello
	if err := readJSON(w, r, &h); err != nil {
		a.fail(w, r, err)
		return
	}
	if err := h.Check(); err != nil {
		a.fail(w, r, err)
		return
	}
	err := a.pipeline.do(r.Context(), func(ctx context.Context, tx store.Tx) error {
		return tx.Announce(ctx, h, a.opts.Now())
	})
	if err != nil {
		a.fail(w, r, err)
		return
	}
	a.json(w, http.StatusOK, map[string]string{"status": "ok"})
}

// readJSON reads a small JSON object.
func readJSON(w http.ResponseWriter, r *http.Request, into any) error {
	data, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxHello))
	if err != nil {
		var tooLarge *http.MaxBytesError
		if errors.As(err, &tooLarge) {
			return ingest.ErrTooLarge
		}
		return ingest.ErrBody
	}
	if err := json.Unmarshal(data, into); err != nil {
		return &inputError{"the body is not a JSON object of the right shape"}
	}
	return nil
}

// health writes through the writer: it fails when the writer is stuck, when the
// disk is full, and when the database is gone.
func (a *App) health(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), a.opts.HealthTimeout)
	defer cancel()
	err := a.pipeline.do(ctx, func(ctx context.Context, tx store.Tx) error { return tx.Touch(ctx, time.Now()) })
	if err != nil {
		a.log.Error("health check", "err", err)
		a.json(w, http.StatusServiceUnavailable, map[string]string{
			"error": "events cannot be saved",
			"hint":  "is the disk full or the data directory gone? the collector's log says more",
		})
		return
	}
	a.json(w, http.StatusOK, map[string]string{"status": "ok"})
}
