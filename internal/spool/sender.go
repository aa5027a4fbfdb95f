package spool

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/backstop-go/backstop/event"
	"github.com/backstop-go/backstop/internal/errs"
)

const (
	lockFile   = ".lock"
	eventsPath = "/api/v1/events"
)

// Limits of one request.
const (
	batchEvents = 100
	batchBytes  = 1 << 20
)

// A Sender delivers events to a collector.
type Sender struct {
	URL    string       // of the collector, "http://127.0.0.1:7070"
	Key    string       // sent in X-Backstop-Key when not empty
	Client *http.Client // NewClient() when nil
}

// NewClient returns a client for a Sender: it gives up a request after ten
// seconds, keeps no connection open (an idle one would keep Go's deadlock
// detector from working) and follows no redirect (that would hand the key to
// somebody else).
//
//go:noinline // for the size of programs
func NewClient() *http.Client {
	return &http.Client{
		Timeout:       10 * time.Second,
		Transport:     &http.Transport{Proxy: http.ProxyFromEnvironment, DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// A StatusError is a collector's refusal.
type StatusError struct {
	Code       int
	Body       string        // "error" of a JSON answer, else its text: the first line, at most 200 bytes
	RetryAfter time.Duration // 0 when the collector did not say

	foreign bool // not the answer of a collector: those are JSON objects, or empty
}

func (e *StatusError) Error() string {
	text := fmt.Sprintf("collector answered %d %s", e.Code, http.StatusText(e.Code))
	switch {
	case e.Code == http.StatusUnauthorized || e.Code == http.StatusForbidden:
		text += " (check the key)"
	case e.Code >= 300 && e.Code < 400:
		text += " (redirects are not followed: check the URL)"
	case e.foreign:
		text += " (not in the words of a collector: check the URL)"
	}
	if e.Body != "" {
		text += ": " + e.Body
	}
	return text
}

// rejects reports whether the collector will never take what it was sent. What a
// web server or a proxy says of a request (400 for plain HTTP on a port of HTTPS)
// is no verdict on an event, except that it is too large for them.
func (e *StatusError) rejects() bool {
	switch e.Code {
	case http.StatusBadRequest, http.StatusUnprocessableEntity:
		return !e.foreign
	}
	return e.Code == http.StatusRequestEntityTooLarge
}

// Drain delivers the events of the spool, oldest first, until it is empty or
// the collector cannot take them. It waits while another process drains the
// same directory. An event the collector refuses for what it is (400, 413, 422)
// is moved to the folder "rejected" and does not stop the others; after any
// other answer but 2xx the events stay, and the error is a *StatusError.
func (s *Sender) Drain(ctx context.Context, sp *Spool) (sent int, err error) {
	sent, err = s.drain(ctx, sp)
	return sent, errs.In("drain spool", err)
}

func (s *Sender) drain(ctx context.Context, sp *Spool) (sent int, err error) {
	sent, err = s.sendHeld(ctx, sp)
	if err == nil {
		err = sp.prepare()
	}
	if err != nil {
		return sent, err
	}
	unlock, err := sp.lock(ctx, lockFile, math.MaxInt)
	switch {
	case isNotExist(err):
		return sent, nil // the directory was removed: the next Add makes it again
	case err != nil:
		return sent, err
	}
	defer unlock()
	for found, n := true, 0; found && err == nil; sent += n {
		n, found, err = s.drainSome(ctx, sp)
	}
	return sent, err
}

// sendHeld delivers what no disk would take. That asks for no directory.
func (s *Sender) sendHeld(ctx context.Context, sp *Spool) (sent int, err error) {
	held := sp.hold(nil)
	if held == nil {
		return 0, nil
	}
	_, err = s.post(ctx, eventsPath, held)
	var status *StatusError
	switch {
	case err == nil:
		sp.CountDropped(^uint64(0)) //nolint:errcheck // memory has it then
		return 1, nil
	case errors.As(err, &status) && status.rejects():
		return 0, nil // stays dropped
	}
	sp.hold(held)
	return 0, err
}

// lock takes a lock of the directory. It tries a number of times, while ctx is
// not done.
func (s *Spool) lock(ctx context.Context, name string, tries int) (func(), error) {
	for wait := time.Millisecond; ; wait = min(2*wait, 64*time.Millisecond) {
		unlock, err := tryLock(s.path(name))
		if unlock != nil || err != nil {
			return unlock, err
		}
		if tries--; tries == 0 || ctx.Err() != nil {
			return nil, &busyError{ctx.Err()}
		}
		time.Sleep(wait)
	}
}

// A busyError says that somebody else held a lock for too long.
type busyError struct{ err error }

func (e *busyError) Error() string { return "wait for another sender" }
func (e *busyError) Unwrap() error { return e.err }

// An item is an event read from its file.
type item struct {
	entry
	payload []byte
	refused bool
}

// drainSome delivers the first events, and reports whether there were any.
func (s *Sender) drainSome(ctx context.Context, sp *Spool) (sent int, found bool, err error) {
	entries, err := sp.list()
	batch := make([]item, min(len(entries), batchEvents))
	n, size := 0, 0
	for _, e := range entries {
		if sp.sent[e.name] {
			continue
		}
		payload, err := sp.read(e.name)
		switch {
		case isNotExist(err): // delivered by a drainer whose lock we could not see
			continue
		case err != nil:
			return 0, false, err
		case payload == nil:
			if err := sp.reject(e); err != nil {
				return 0, false, err
			}
			found = true
			continue
		}
		batch[n] = item{entry: e, payload: payload}
		n++
		size += len(payload)
		if n == len(batch) || size >= batchBytes {
			break
		}
	}
	if n == 0 {
		return 0, found, err
	}
	sent, err = s.deliver(ctx, sp, batch[:n])
	return sent, true, err
}

// deliver sends a batch. When the collector refuses it, the halves are tried,
// down to the one event that is to blame.
func (s *Sender) deliver(ctx context.Context, sp *Spool, batch []item) (sent int, err error) {
	carrier, dropped := sp.takeDropped(batch[0].name)
	rejected, err := s.post(ctx, eventsPath, body(batch, carrier, dropped))
	var status *StatusError
	if errors.As(err, &status) && status.rejects() {
		half := len(batch) / 2
		if half == 0 {
			return 0, sp.reject(batch[0].entry)
		}
		if sent, err = s.deliver(ctx, sp, batch[:half]); err != nil {
			return sent, err
		}
		n, err := s.deliver(ctx, sp, batch[half:])
		return sent + n, err
	}
	if err != nil {
		return 0, err
	}
	for _, r := range rejected {
		if r.Index >= 0 && r.Index < len(batch) {
			batch[r.Index].refused = true
		}
	}
	for i := range batch {
		var derr error
		if it := &batch[i]; it.refused {
			derr = sp.reject(it.entry)
		} else {
			sent++
			derr = sp.remove(it.entry)
		}
		if err == nil {
			err = derr
		}
	}
	return sent, err
}

// body makes JSON Lines of a batch. The carrier tells the number of dropped
// events; spooled ones have none of their own.
func body(batch []item, carrier string, dropped uint64) []byte {
	var b bytes.Buffer
	for i := range batch {
		payload := batch[i].payload
		if batch[i].name == carrier {
			b.Write(payload[:len(payload)-1])
			payload = fmt.Appendf(nil, `,"dropped":%d}`, dropped)
		}
		b.Write(payload)
		b.WriteByte('\n')
	}
	return b.Bytes()
}

// Hello announces an instance to the collector.
func (s *Sender) Hello(ctx context.Context, h *event.Hello) error {
	data, err := json.Marshal(h)
	if err == nil {
		_, err = s.post(ctx, "/api/v1/hello", data)
	}
	return errs.In("say hello", err)
}

// A rejection names an event, by its place in what was sent, that a collector
// will not take.
type rejection struct {
	Index int `json:"index"`
}

func (s *Sender) post(ctx context.Context, path string, data []byte) ([]rejection, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, strings.TrimRight(s.URL, "/")+path, bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	req.Header["Content-Type"] = []string{"application/json"}
	if s.Key != "" {
		req.Header["X-Backstop-Key"] = []string{s.Key}
	}
	client := s.Client
	if client == nil {
		client = NewClient()
	}
	resp, err := client.Do(req)
	if err != nil {
		return nil, err
	}
	text, _ := io.ReadAll(io.LimitReader(resp.Body, 64<<10)) // what is missing of it only explains
	_ = resp.Body.Close()
	text = bytes.TrimSpace(text)
	var said struct {
		Error    string      `json:"error"`
		Rejected []rejection `json:"rejected"`
	}
	json.Unmarshal(text, &said) //nolint:errcheck // the status counts
	e := &StatusError{Code: resp.StatusCode, foreign: len(text) > 0 && text[0] != '{'}
	if e.Code/100 == 2 && !e.foreign {
		return said.Rejected, nil
	}
	if e.Body = said.Error; e.Body == "" {
		e.Body = string(text)
	}
	e.Body, _, _ = strings.Cut(e.Body, "\n")
	e.Body = strings.ToValidUTF8(e.Body[:min(len(e.Body), 200)], "")
	if s, err := strconv.Atoi(resp.Header.Get("Retry-After")); err == nil && s > 0 {
		e.RetryAfter = time.Duration(s) * time.Second
	}
	return nil, e
}

// read returns a waiting event on one line, nil when the file holds none. An
// error means that it may be read at another time, or is not there any more.
func (s *Spool) read(name string) ([]byte, error) {
	path := s.path(name)
	info, err := os.Lstat(path)
	var data []byte
	if err == nil && info.Mode().IsRegular() && info.Size() <= MaxPayload {
		data, err = os.ReadFile(path)
	}
	var passing interface{ Temporary() bool } // out of descriptors, say
	if isNotExist(err) || errors.As(err, &passing) && passing.Temporary() {
		return nil, err
	}
	var one bytes.Buffer
	data = bytes.TrimSpace(data)
	if !bytes.HasPrefix(data, []byte("{")) || json.Compact(&one, data) != nil {
		return nil, nil
	}
	return one.Bytes(), nil
}

// remove removes an event that was delivered. Where that cannot be done, it is
// at least not sent again.
func (s *Spool) remove(e entry) error {
	err := os.Remove(s.path(e.name))
	if err != nil && !isNotExist(err) {
		if s.sent == nil {
			s.sent = make(map[string]bool)
		}
		s.sent[e.name] = true
		return err
	}
	s.release(e.size, true)
	return nil
}
