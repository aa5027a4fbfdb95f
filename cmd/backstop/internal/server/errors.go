package server

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"

	"github.com/backstop-go/backstop/event"

	"github.com/backstop-go/backstop/cmd/backstop/internal/ingest"
	"github.com/backstop-go/backstop/cmd/backstop/internal/store"
)

// errInternal stands for what outsiders do not get to see.
var errInternal = errors.New("something went wrong inside the collector; its log says what")

// Errors of requests.
var (
	errNoKey    = errors.New("a project key is needed")
	errBadKey   = errors.New("the project key is not valid")
	errNotLocal = errors.New("without a project, only this machine may send events")
	errBadInput = errors.New("the request makes no sense")
	errHost     = errors.New("the Host header does not name this machine")
	errOrigin   = errors.New("the request comes from another site")
	errMethod   = errors.New("the method is not allowed here")
	errNoRoute  = errors.New("there is nothing here")
)

// An inputError is a mistake in a request that the client may read about.
type inputError struct{ problem string }

func (e *inputError) Error() string { return e.problem }
func (e *inputError) Unwrap() error { return errBadInput }

// answer is what an error looks like from outside.
type answer struct {
	status     int
	message    string
	hint       string
	retryAfter string // seconds
}

// answerFor is the one place that maps errors to HTTP.
func answerFor(err error) answer {
	say := func(status int, hint string) answer { return answer{status: status, message: err.Error(), hint: hint} }
	var field *event.FieldError
	switch {
	case errors.As(err, &field), errors.Is(err, errBadInput):
		return say(http.StatusBadRequest, "")
	case errors.Is(err, ingest.ErrEmpty):
		return say(http.StatusBadRequest, "send one JSON object, a JSON array of objects, or JSON Lines")
	case errors.Is(err, ingest.ErrTooLarge):
		return say(http.StatusRequestEntityTooLarge, "send smaller batches")
	case errors.Is(err, ingest.ErrEncoding):
		return say(http.StatusUnsupportedMediaType, "use gzip or no encoding")
	case errors.Is(err, errBusy):
		return answer{http.StatusTooManyRequests, errBusy.Error(), "wait as long as Retry-After says and send it again", "1"}
	case errors.Is(err, ingest.ErrBody):
		return answer{status: http.StatusBadRequest, message: ingest.ErrBody.Error(), hint: "was it cut off, or is it not what Content-Encoding says?"}
	case errors.Is(err, errNoKey), errors.Is(err, errBadKey):
		return say(http.StatusUnauthorized, "send the key in X-Backstop-Key; `backstop project create NAME` makes one")
	case errors.Is(err, errNotLocal):
		return say(http.StatusUnauthorized, "run `backstop project create NAME` and send the key in X-Backstop-Key")
	case errors.Is(err, errHost):
		return say(http.StatusMisdirectedRequest, "use the address that the collector printed; to serve other names, listen on an address that is not loopback")
	case errors.Is(err, errOrigin):
		return say(http.StatusForbidden, "")
	case errors.Is(err, store.ErrNotFound):
		return answer{status: http.StatusNotFound, message: store.ErrNotFound.Error()}
	case errors.Is(err, errNoRoute):
		return say(http.StatusNotFound, "")
	case errors.Is(err, errMethod):
		return say(http.StatusMethodNotAllowed, "")
	case errors.Is(err, errStopping), errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return answer{http.StatusServiceUnavailable, errStopping.Error(), "send it again later", "2"}
	}
	return answer{status: http.StatusInternalServerError, message: errInternal.Error(), hint: "send it again later", retryAfter: "2"}
}

// fail answers a request with an error, and logs what outsiders may not see.
func (a *App) fail(w http.ResponseWriter, r *http.Request, err error) {
	ans := answerFor(err)
	if ans.status >= 500 && r.Context().Err() == nil {
		a.log.Error("request", "method", r.Method, "path", r.URL.Path, "err", err)
	}
	if ans.retryAfter != "" {
		w.Header().Set("Retry-After", ans.retryAfter)
	}
	body := map[string]string{"error": ans.message}
	if ans.hint != "" {
		body["hint"] = ans.hint
	}
	a.json(w, ans.status, body)
}

func (a *App) json(w http.ResponseWriter, status int, body any) {
	data, err := json.Marshal(body)
	if err != nil {
		a.log.Error("encode answer", "err", err)
		status, data = http.StatusInternalServerError, []byte(`{"error":"`+errInternal.Error()+`"}`)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	if _, err := w.Write(append(data, '\n')); err != nil {
		a.log.Debug("write answer", "err", err) // the client is gone
	}
}
